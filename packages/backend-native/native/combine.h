// Linear combination with a coefficient for each sample, and the weighted squared error.
#pragma once
#include <vector>

#include "blocks.h"

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

/** buffers: x_0 .. x_k, y, all [samples, length]; numbers: samples, length, then coefficients [term][sample]. */
static void combine(const Call& call) {
  const int terms = call.bufferCount - 1;
  const int64_t samples = call.n(0), length = call.n(1), pieces = (length + kPiece - 1) / kPiece,
                piece = (length + pieces - 1) / std::max<int64_t>(1, pieces);
  std::vector<float> factors(samples * terms);
  for (int64_t b = 0; b < samples; b++)
    for (int t = 0; t < terms; t++) factors[b * terms + t] = call.f(static_cast<int>(2 + t * samples + b));
  forRows(samples * pieces, piece, [&](int64_t item) {
    const int64_t b = item / pieces, begin = b * length + item % pieces * piece, end = std::min((b + 1) * length, begin + piece);
    const float* factor = factors.data() + b * terms;
    switch (terms) {
      case 1:
        return combineRun<1>(call.buffers, factor, terms, call.out(terms), begin, end);
      case 2:
        return combineRun<2>(call.buffers, factor, terms, call.out(terms), begin, end);
      case 3:
        return combineRun<3>(call.buffers, factor, terms, call.out(terms), begin, end);
      default:
        return combineRun<0>(call.buffers, factor, terms, call.out(terms), begin, end);
    }
  });
}

/** buffers: prediction, target [samples, length], y [1]; numbers: samples, length, then a weight for each sample. y = sum of weight * (prediction - target)^2. */
static void squaredError(const Call& call) {
  const int64_t samples = call.n(0), length = call.n(1), pieces = std::max<int64_t>(1, (length + kPiece - 1) / kPiece);
  double* partial = doubleScratch(tract::Area::shared, samples * pieces);
  forRows(samples * pieces, std::min(length, kPiece), [&](int64_t item) {
    const int64_t b = item / pieces, begin = b * length + item % pieces * kPiece, end = std::min((b + 1) * length, begin + kPiece);
    const float *prediction = call.in(0), *target = call.in(1);
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
    loss += call.numbers[2 + b] * error;
  }
  call.out(2)[0] = static_cast<float>(loss);
}

#define TRACT_COMBINE_KERNELS TRACT_KERNEL(combine) TRACT_KERNEL(squaredError)

}  // namespace TRACT_ISA
