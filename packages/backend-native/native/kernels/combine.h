// Linear combination with a coefficient for each sample, and the weighted squared error.
#pragma once
#include <vector>

#include "blocks.h"
#include "kernel-args.h"

namespace TRACT_ISA {

/** The terms are added in their order, the first not to zero; Terms = 0 means any number of them. */
template <int Terms>
static void combineRun(const float* const* x, const float* factor, int terms, float* y, int64_t begin, int64_t end) {
  forVectors(begin, end, [&](int64_t i, auto width) {
    vf sum = loadSome(x[0] + i, width) * splat(factor[0]);
    for (int t = 1; t < (Terms ? Terms : terms); t++) sum += loadSome(x[t] + i, width) * splat(factor[t]);
    storeSome(y + i, sum, width);
  });
}

static void combine(const CombineArgs& args) {
  const int terms = args.terms.count;
  const int64_t samples = args.samples, length = args.y.length / samples, pieces = (length + kPiece - 1) / kPiece,
                piece = (length + pieces - 1) / std::max<int64_t>(1, pieces);
  std::vector<float> factors(samples * terms);
  for (int64_t b = 0; b < samples; b++)
    for (int t = 0; t < terms; t++) factors[b * terms + t] = static_cast<float>(args.coefficients[t * samples + b]);
  forRows(samples * pieces, piece, [&](int64_t item) {
    const int64_t b = item / pieces, begin = b * length + item % pieces * piece, end = std::min((b + 1) * length, begin + piece);
    const float* factor = factors.data() + b * terms;
    withSize<4>(std::min(terms, 4), [&](auto size) {
      constexpr int fixed = decltype(size)::value;
      combineRun<fixed == 4 ? 0 : fixed>(args.terms.data, factor, terms, args.y, begin, end);
    });
  });
}

/** y = sum of weight * (prediction - target)^2. */
static void squaredError(const SquaredErrorArgs& args) {
  const int64_t samples = args.weights.length, length = args.prediction.length / samples,
                pieces = std::max<int64_t>(1, (length + kPiece - 1) / kPiece);
  double* partial = doubleScratch(tract::Area::shared, samples * pieces);
  forRows(samples * pieces, std::min(length, kPiece), [&](int64_t item) {
    const int64_t b = item / pieces, begin = b * length + item % pieces * kPiece, end = std::min((b + 1) * length, begin + kPiece);
    const float *prediction = args.prediction, *target = args.target;
    double lanes[W] = {};
    for (int64_t from = begin; from < end; from += kTerms * W) {
      vf sum{};
      forVectors(from, std::min(end, from + kTerms * W), [&](int64_t i, auto width) {
        const vf d = loadSome(prediction + i, width) - loadSome(target + i, width);
        sum += d * d;
      });
      addLanes(lanes, sum);
    }
    double total = 0.0;
    for (const double lane : lanes) total += lane;
    partial[item] = total;
  });
  double loss = 0.0;
  for (int64_t b = 0; b < samples; b++) {
    double error = 0.0;
    for (int64_t p = 0; p < pieces; p++) error += partial[b * pieces + p];
    loss += args.weights[b] * error;
  }
  args.y[0] = static_cast<float>(loss);
}

}  // namespace TRACT_ISA
