// One optimizer step over stores of parameters, each one buffer: clipping by the global norm, Adam or AdamW, and moving averages, in place.
#pragma once
#include <cmath>
#include <vector>

#include "blocks.h"
#include "kernel-args.h"
#include "refuse.h"
#include "vector-math.h"

namespace TRACT_ISA {

static double sumOfSquares(const float* x, int64_t begin, int64_t end) {
  double lanes[W] = {};
  for (int64_t from = begin; from < end; from += kTerms * W) {
    vf sum{};
    forVectors(from, std::min(end, from + kTerms * W), [&](int64_t i, auto width) {
      const vf v = loadSome(x + i, width);
      sum += v * v;
    });
    addLanes(lanes, sum);
  }
  double total = 0.0;
  for (const double lane : lanes) total += lane;
  return total;
}

/** Norm of a store of gradients: squares are summed in pieces of each leaf, and the pieces in order. */
static double normOf(const float* grads, const Doubles& leaves) {
  struct Piece {
    int64_t begin, end;
  };
  std::vector<Piece> pieces;
  for (int64_t leaf = 0; 2 * leaf < leaves.length; leaf++) {
    const int64_t offset = static_cast<int64_t>(leaves[2 * leaf]), end = offset + static_cast<int64_t>(leaves[2 * leaf + 1]);
    for (int64_t begin = offset; begin < end; begin += kPiece) pieces.push_back({begin, std::min(end, begin + kPiece)});
  }
  std::vector<double> sums(pieces.size());
  tract::parallelFor(static_cast<int64_t>(pieces.size()), [&](int64_t i) { sums[i] = sumOfSquares(grads, pieces[i].begin, pieces[i].end); });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

constexpr int kAverages = 8;  // at most

struct AdamStep {
  vf clip, beta1, rest1, beta2, rest2, keep, rate, correction2, epsilon, averageRates[kAverages];
  int averages;

  AdamStep(const AdamArgs& a, double norm) : averages(a.averages.count) {
    const double factor = a.clipNorm > 0.0 ? a.clipNorm / (norm + 1e-6) : 1.0;
    clip = splat(static_cast<float>(factor > 1.0 ? 1.0 : factor));
    beta1 = splat(static_cast<float>(a.beta1)), rest1 = splat(static_cast<float>(1.0 - a.beta1));
    beta2 = splat(static_cast<float>(a.beta2)), rest2 = splat(static_cast<float>(1.0 - a.beta2));
    keep = splat(static_cast<float>(1.0 - a.learningRate * a.weightDecay));
    rate = splat(static_cast<float>(a.learningRate / a.correction1));
    correction2 = splat(static_cast<float>(1.0 / std::sqrt(a.correction2)));
    epsilon = splat(static_cast<float>(a.epsilon));
    for (int i = 0; i < averages; i++) averageRates[i] = splat(static_cast<float>(a.averageRates[i]));
  }

  void run(float* p, const float* g, float* m, float* v, float* const* a, int64_t begin, int64_t end) const {
    forVectors(begin, end, [&](int64_t i, auto width) {
      const vf gradient = loadSome(g + i, width) * clip;
      const vf first = loadSome(m + i, width) * beta1 + gradient * rest1;
      const vf second = loadSome(v + i, width) * beta2 + gradient * gradient * rest2;
      const vf next = loadSome(p + i, width) * keep - rate * first / (vsqrt(second) * correction2 + epsilon);
      storeSome(m + i, first, width);
      storeSome(v + i, second, width);
      storeSome(p + i, next, width);
      for (int k = 0; k < averages; k++) {
        const vf old = loadSome(a[k] + i, width);
        storeSome(a[k] + i, old + (next - old) * averageRates[k], width);
      }
    });
  }
};

/** norm = global norm of the gradients before clipping. */
static void adam(const AdamArgs& args) {
  if (args.averages.count > kAverages || args.averages.count != args.averageRates.length) refuse("expected at most 8 averages and a rate for each");
  const auto same = [&](int64_t length) { return length == args.params.length; };
  if (!(same(args.grads.length) && same(args.m.length) && same(args.v.length) &&
        std::all_of(args.averages.lengths, args.averages.lengths + args.averages.count, same)))
    refuse("stores of one state must have one size");
  const double norm = normOf(args.grads, args.leaves);
  args.norm[0] = static_cast<float>(norm);
  const AdamStep step(args, norm);
  forPieces(args.params.length,
            [&](int64_t begin, int64_t end) { step.run(args.params, args.grads, args.m, args.v, args.averages.data, begin, end); });
}

}  // namespace TRACT_ISA
