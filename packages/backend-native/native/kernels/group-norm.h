// GroupNorm over channels-last images, with scale-shift and SiLU fused in. Each image is read twice: once for sums per channel, once to write,
// the second time from the cache. Sums are kept per (image, block of rows, channel) in float64 and merged in order.
#pragma once
#include <cmath>

#include "blocks.h"
#include "kernel-args.h"
#include "vector-math.h"

namespace TRACT_ISA {

/** Sums are kept by block of rows; the blocks depend on the image's size alone, so its bits do not depend on the batch. */
struct NormShape : NormSizes {
  int64_t padded, blocks, blockRows;

  explicit NormShape(const NormSizes& sizes) : NormSizes(sizes), padded(paddedToVector(C)) {
    const int64_t wanted = std::clamp<int64_t>(pixels * C / 4096, 1, 16);
    blockRows = (pixels + wanted - 1) / wanted;
    blocks = (pixels + blockRows - 1) / blockRows;
  }
  int64_t sumsSize() const { return N * blocks * 2 * padded; }
  int64_t firstRow(int64_t block) const { return block * blockRows; }
  int64_t rowsOf(int64_t block) const { return std::min(blockRows, pixels - firstRow(block)); }
};

// Rows whose terms are summed in float32: moving the sums to float64 costs as much as 30 rows. The first few only find the mean around which the others are taken.
constexpr int64_t kFirstRows = 32, kRows = 256;
constexpr int kSpan = W == 16 ? 2 : 4;  // vectors worked on together: 32 channels, the usual number, on AVX2 and AVX-512

/**
 * Runs first(n, block), then prepare(n) and second(n, block) once all blocks of that image are done; prepare works in this thread's scratch. Of many images,
 * or of as many as the threads can share evenly, each is one work item, still in the cache for its second pass.
 */
template <class First, class Prepare, class Second>
static inline void inTwoPasses(const NormShape& s, First&& first, Prepare&& prepare, Second&& second) {
  if (s.N >= 16 || s.N % tract::threadCount() == 0 || s.blocks == 1) {
    tract::parallelFor(s.N, [&](int64_t n) {
      for (int64_t block = 0; block < s.blocks; block++) first(n, block);
      prepare(n, true);
      for (int64_t block = 0; block < s.blocks; block++) second(n, block);
    });
    return;
  }
  tract::parallelFor(s.N * s.blocks, [&](int64_t item) { first(item / s.blocks, item % s.blocks); });
  tract::parallelFor(s.N * s.blocks, [&](int64_t item) {
    prepare(item / s.blocks, item % s.blocks == 0);
    second(item / s.blocks, item % s.blocks);
  });
}

/** sums[0][c] = sum of x, sums[1][c] = sum of x^2 over rows. Squares are taken around a running mean, so that a large mean costs no digits before float64. */
static void channelMoments(const float* x, int64_t rows, int64_t C, int64_t padded, float* center, double* sums) {
  std::fill(sums, sums + 2 * padded, 0.0);
  std::fill(center, center + padded, 0.0f);
  std::copy(x, x + C, center);
  double *total = sums, *squares = sums + padded;
  for (int64_t from = 0, count; from < rows; from += count) {
    count = std::min(from == 0 ? kFirstRows : kRows, rows - from);
    const float* first = x + from * C;
    forSpans<kSpan>(C, [&](auto span) {
      constexpr int K = decltype(span)::vectors;
      vf middle[K], s1[K]{}, s2[K]{};
      for (int k = 0; k < K; k++) middle[k] = load(center + span.column + k * W);
      for (int64_t r = 0; r < count; r++) {
        for (int k = 0; k < K; k++) {
          span.ask(first + (r + kAhead) * C, k);
          const vf d = span.get(first + r * C, k) - middle[k];
          s1[k] += d;
          s2[k] += d * d;
        }
      }
      float off[K * W], off2[K * W];
      for (int k = 0; k < K; k++) store(off + k * W, s1[k]), store(off2 + k * W, s2[k]);
      const double n = static_cast<double>(count), inverse = 1.0 / static_cast<double>(from + count);
      for (int i = 0; i < K * W; i++) {
        const int64_t c = span.column + i;
        const double m = center[c];
        total[c] += n * m + off[i];
        squares[c] += off2[i] + m * (2.0 * off[i] + n * m);
        center[c] = static_cast<float>(total[c] * inverse);
      }
    });
  }
}

/** Adds the blocks of one image in order: into[2][padded]. */
static const double* mergeBlocks(const NormShape& s, const double* sums, int64_t n, double* into) {
  const double* image = sums + n * s.blocks * 2 * s.padded;
  if (s.blocks == 1) return image;
  std::copy(image, image + 2 * s.padded, into);
  for (int64_t block = 1; block < s.blocks; block++)
    for (int64_t i = 0; i < 2 * s.padded; i++) into[i] += image[block * 2 * s.padded + i];
  return into;
}

/** u = (x - mean) * slope + offset, per channel, in this thread's scratch; the gradient's second pass adds curve. */
struct Affine {
  float *mean, *slope, *offset, *curve;
  explicit Affine(int64_t padded)
      : mean(tract::scratch(tract::Area::panel, 4 * padded)), slope(mean + padded), offset(mean + 2 * padded), curve(mean + 3 * padded) {}
};

/** Numbers of the K vectors of channels that begin at `from`. */
template <int K>
struct Channels {
  vf v[K];
  explicit Channels(const float* from) {
    for (int k = 0; k < K; k++) v[k] = load(from + k * W);
  }
  vf operator[](int k) const { return v[k]; }
};

/** y = f(u) over rows. */
template <class F>
static void applyAffine(const float* x, float* y, int64_t rows, int64_t C, const Affine& u, F f) {
  for (int64_t from = 0; from < rows; from += kTerms) {
    const int64_t count = std::min(kTerms, rows - from);
    forSpans<kSpan>(C, [&](auto span) {
      constexpr int K = decltype(span)::vectors;
      const Channels<K> mean(u.mean + span.column), slope(u.slope + span.column), offset(u.offset + span.column);
      for (int64_t r = from; r < from + count; r++)
        for (int k = 0; k < K; k++) {
          span.ask(x + (r + kAhead) * C, k);
          span.template ask<true>(y + (r + kAhead) * C, k);
          span.put(y + r * C, k, f((span.get(x + r * C, k) - mean[k]) * slope[k] + offset[k]));
        }
    });
  }
}

static void groupNorm(const GroupNormArgs& args) {
  const NormShape s(args.sizes);
  const int64_t C = s.C, width = C / s.groups;
  const float *x = args.x, *gamma = args.gamma, *beta = args.beta;
  double* sums = doubleScratch(tract::Area::shared, s.sumsSize());
  const auto measure = [&](int64_t n, int64_t block) {
    const float* rows = x + (n * s.pixels + s.firstRow(block)) * C;
    channelMoments(rows, s.rowsOf(block), C, s.padded, tract::scratch(tract::Area::operand, s.padded), sums + (n * s.blocks + block) * 2 * s.padded);
  };
  const auto prepare = [&](int64_t n, bool report) {
    const double* merged = mergeBlocks(s, sums, n, doubleScratch(tract::Area::product, 2 * s.padded));
    const Affine u(s.padded);
    const float *scale = args.scaleShift ? args.scaleShift + n * 2 * C : nullptr, *shift = scale ? scale + C : nullptr;
    const double count = static_cast<double>(s.pixels * width);
    for (int64_t g = 0; g < s.groups; g++) {
      double total = 0.0, squares = 0.0;
      for (int64_t c = g * width; c < (g + 1) * width; c++) total += merged[c], squares += merged[s.padded + c];
      const double mean = total / count, variance = std::max(0.0, squares / count - mean * mean), rstd = 1.0 / std::sqrt(variance + s.eps);
      const float roundedMean = static_cast<float>(mean);
      for (int64_t c = g * width; c < (g + 1) * width; c++) {
        const double factor = scale ? 1.0 + scale[c] : 1.0, slope = rstd * gamma[c] * factor;
        u.mean[c] = roundedMean;
        u.slope[c] = static_cast<float>(slope);
        u.offset[c] = static_cast<float>(beta[c] * factor + (shift ? shift[c] : 0.0) + (roundedMean - mean) * slope);
      }
      if (report) args.mean[n * s.groups + g] = roundedMean, args.rstd[n * s.groups + g] = static_cast<float>(rstd);
    }
  };
  const auto normalise = [&](int64_t n, int64_t block) {
    const Affine u(s.padded);
    const int64_t at = (n * s.pixels + s.firstRow(block)) * C;
    if (s.silu)
      applyAffine(x + at, args.y + at, s.rowsOf(block), C, u, [](vf v) { return vsilu(v); });
    else
      applyAffine(x + at, args.y + at, s.rowsOf(block), C, u, [](vf v) { return v; });
  };
  inTwoPasses(s, measure, prepare, normalise);
}

}  // namespace TRACT_ISA
