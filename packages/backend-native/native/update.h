// One optimizer step over stores of parameters, each one buffer: clipping by the global norm, Adam or AdamW, and moving averages, in place.
#pragma once
#include <cmath>
#include <stdexcept>
#include <vector>

#include "blocks.h"
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

/** Norm of a store of gradients: squares are summed in pieces of each leaf, and the pieces in order. `leaves`: offset and size of each. */
static double normOf(const float* grads, const double* leaves, size_t count) {
  struct Piece {
    int64_t begin, end;
  };
  std::vector<Piece> pieces;
  std::vector<size_t> items{0};  // small pieces are gathered: items[i] is the first piece of work item i
  int64_t filled = 0;
  for (size_t leaf = 0; leaf < count; leaf++) {
    const int64_t offset = static_cast<int64_t>(leaves[2 * leaf]), size = static_cast<int64_t>(leaves[2 * leaf + 1]);
    for (int64_t begin = 0; begin < size; begin += kPiece) {
      const int64_t length = std::min(size - begin, kPiece);
      if (filled + length > kPiece) items.push_back(pieces.size()), filled = 0;
      pieces.push_back({offset + begin, offset + begin + length});
      filled += length;
    }
  }
  items.push_back(pieces.size());
  std::vector<double> sums(pieces.size());
  tract::parallelFor(static_cast<int64_t>(items.size()) - 1, [&](int64_t item) {
    for (size_t i = items[item]; i < items[item + 1]; i++) sums[i] = sumOfSquares(grads, pieces[i].begin, pieces[i].end);
  });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

constexpr int kAverages = 8;  // at most

/** numbers: learning rate, beta1, beta2, epsilon, weightDecay, step (from 1), clipNorm (0: none), count of averages, a rate for each of them */
struct AdamStep {
  vf clip, beta1, rest1, beta2, rest2, keep, rate, correction2, epsilon, averageRates[kAverages];
  int averages;

  AdamStep(const Call& c, double norm) : averages(static_cast<int>(c.n(7))) {
    const double learningRate = c.numbers[0], b1 = c.numbers[1], b2 = c.numbers[2], step = c.numbers[5], limit = c.numbers[6];
    const double factor = limit > 0.0 ? limit / (norm + 1e-6) : 1.0;
    clip = splat(static_cast<float>(factor > 1.0 ? 1.0 : factor));
    beta1 = splat(c.f(1)), rest1 = splat(static_cast<float>(1.0 - b1));
    beta2 = splat(c.f(2)), rest2 = splat(static_cast<float>(1.0 - b2));
    keep = splat(static_cast<float>(1.0 - learningRate * c.numbers[4]));
    rate = splat(static_cast<float>(learningRate / (1.0 - std::pow(b1, step))));
    correction2 = splat(static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(b2, step))));
    epsilon = splat(c.f(3));
    for (int i = 0; i < averages; i++) averageRates[i] = splat(c.f(8 + i));
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

/**
 * buffers: norm [1], then stores of one length: p, g, m, v, averages; then offset and size of each leaf as doubles. All stores but g are rewritten. numbers: see
 * AdamStep. norm = global norm of the gradients before clipping.
 */
static void adam(const Call& call) {
  const int averages = static_cast<int>(call.n(7)), table = 5 + averages;
  if (call.bufferCount != table + 1 || averages > kAverages)
    throw std::invalid_argument("expected four stores, at most 8 averages, and the leaves");
  for (int i = 2; i < table; i++)
    if (call.lengths[i] != call.lengths[1]) throw std::invalid_argument("stores of one state must have one size");
  const double norm = normOf(call.in(2), reinterpret_cast<const double*>(call.in(table)), call.lengths[table] / 2);
  call.out(0)[0] = static_cast<float>(norm);
  const AdamStep step(call, norm);
  forPieces(static_cast<int64_t>(call.lengths[1]),
            [&](int64_t begin, int64_t end) { step.run(call.out(1), call.in(2), call.out(3), call.out(4), call.buffers + 5, begin, end); });
}

#define TRACT_UPDATE_KERNELS TRACT_KERNEL(adam)

}  // namespace TRACT_ISA
