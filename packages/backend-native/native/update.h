// One optimizer step over all parameters: clipping by the global norm, Adam, and two moving averages, in place.
#pragma once
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "blocks.h"
#include "vector-math.h"

namespace TRACT_ISA {

/** Part of one parameter array. */
struct Chunk {
  int leaf;
  int64_t begin, end;
};

/** Cuts the parameter arrays into chunks of at most kPiece floats, and gathers small ones: items[i] is the first chunk of work item i. */
struct UpdatePlan {
  std::vector<Chunk> chunks;
  std::vector<size_t> items{0};

  /** `parts`: how many arrays each parameter has. */
  UpdatePlan(const Call& call, int parts) {
    int64_t filled = 0;
    for (int leaf = 0; 1 + parts * leaf < call.bufferCount; leaf++) {
      const int64_t length = static_cast<int64_t>(call.lengths[1 + parts * leaf]);
      for (int i = 1 + parts * leaf; i < 1 + parts * (leaf + 1); i++)
        if (static_cast<int64_t>(call.lengths[i]) != length) throw std::invalid_argument("tensors of one parameter must have one size");
      for (int64_t begin = 0; begin < length; begin += kPiece) {
        const int64_t end = std::min(length, begin + kPiece);
        if (filled + end - begin > kPiece) items.push_back(chunks.size()), filled = 0;
        chunks.push_back({leaf, begin, end});
        filled += end - begin;
      }
    }
    items.push_back(chunks.size());
  }

  template <class Body>
  void run(Body&& body) const {
    tract::parallelFor(static_cast<int64_t>(items.size()) - 1, [&](int64_t item) {
      for (size_t i = items[item]; i < items[item + 1]; i++) body(i, chunks[i]);
    });
  }
};

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

/** numbers: learning rate, beta1, beta2, epsilon, step (from 1), clipNorm (0: none), selfRate, emaRate, whether there is a self-teacher, an EMA */
struct AdamStep {
  vf clip, beta1, rest1, beta2, rest2, rate, correction2, epsilon, selfRate, emaRate;
  bool hasSelf, hasEma;

  AdamStep(const Call& c, double norm) {
    const double b1 = c.numbers[1], b2 = c.numbers[2], step = c.numbers[4], limit = c.numbers[5];
    const double factor = limit > 0.0 ? limit / (norm + 1e-6) : 1.0;
    clip = splat(static_cast<float>(factor > 1.0 ? 1.0 : factor));
    beta1 = splat(c.f(1)), rest1 = splat(static_cast<float>(1.0 - b1));
    beta2 = splat(c.f(2)), rest2 = splat(static_cast<float>(1.0 - b2));
    rate = splat(static_cast<float>(c.numbers[0] / (1.0 - std::pow(b1, step))));
    correction2 = splat(static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(b2, step))));
    epsilon = splat(c.f(3)), selfRate = splat(c.f(6)), emaRate = splat(c.f(7));
    hasSelf = c.n(8) != 0, hasEma = c.n(9) != 0;
  }

  /** arrays: p, g, m, v, s?, e? */
  void run(float* const* arrays, int64_t begin, int64_t end) const {
    float *p = arrays[0], *g = arrays[1], *m = arrays[2], *v = arrays[3], *s = hasSelf ? arrays[4] : nullptr, *e = hasEma ? arrays[hasSelf ? 5 : 4] : nullptr;
    forVectors(begin, end, [&](int64_t i, auto width) {
      const vf gradient = loadSome(g + i, width) * clip;
      const vf first = loadSome(m + i, width) * beta1 + gradient * rest1;
      const vf second = loadSome(v + i, width) * beta2 + gradient * gradient * rest2;
      const vf next = loadSome(p + i, width) - rate * first / (vsqrt(second) * correction2 + epsilon);
      storeSome(m + i, first, width);
      storeSome(v + i, second, width);
      storeSome(p + i, next, width);
      if (s) {
        const vf old = loadSome(s + i, width);
        storeSome(s + i, old + (next - old) * selfRate, width);
      }
      if (e) {
        const vf old = loadSome(e + i, width);
        storeSome(e + i, old + (next - old) * emaRate, width);
      }
    });
  }
};

/** buffers: norm [1], then for each parameter p, g, m, v, self-teacher?, ema?; all but g are rewritten. numbers: see AdamStep. norm = global norm of the gradients before clipping. */
static void adamEma(const Call& call) {
  const int parts = static_cast<int>(4 + call.n(8) + call.n(9));
  if ((call.bufferCount - 1) % parts != 0) throw std::invalid_argument("each parameter needs " + std::to_string(parts) + " tensors");
  const UpdatePlan plan(call, parts);
  std::vector<double> partial(plan.chunks.size());
  plan.run([&](size_t i, const Chunk& chunk) { partial[i] = sumOfSquares(call.in(2 + parts * chunk.leaf), chunk.begin, chunk.end); });
  double total = 0.0;
  for (const double part : partial) total += part;
  const double norm = std::sqrt(total);
  call.out(0)[0] = static_cast<float>(norm);
  const AdamStep step(call, norm);
  plan.run([&](size_t, const Chunk& chunk) { step.run(call.buffers + 1 + parts * chunk.leaf, chunk.begin, chunk.end); });
}

#define TRACT_UPDATE_KERNELS TRACT_KERNEL(adamEma)

}  // namespace TRACT_ISA
