// The gradient of group-norm.h's kernel, in the same two passes.
#pragma once
#include "group-norm.h"

namespace TRACT_ISA {

/** du = dy * silu'(u), kept in `keep` (where SiLU is on); sums[0][c] = sum of du, sums[1][c] = sum of du * (x - mean). */
template <bool Silu>
static void gradientSums(const float* dy, const float* x, float* keep, int64_t rows, const NormShape& s, const Affine& u, double* sums) {
  std::fill(sums, sums + 2 * s.padded, 0.0);
  for (int64_t from = 0; from < rows; from += kRows) {
    const int64_t count = std::min(kRows, rows - from);
    forSpans<kSpan>(s.C, [&](auto span) {
      constexpr int K = decltype(span)::vectors;
      const Channels<K> mean(u.mean + span.column), slope(u.slope + span.column), offset(u.offset + span.column);
      vf s1[K]{}, s2[K]{};
      for (int64_t r = from; r < from + count; r++) {
        for (int k = 0; k < K; k++) {
          span.ask(x + (r + kAhead) * s.C, k);
          span.ask(dy + (r + kAhead) * s.C, k);
          if (Silu) span.template ask<true>(keep + (r + kAhead) * s.C, k);
          const vf d = span.get(x + r * s.C, k) - mean[k];
          vf du = span.get(dy + r * s.C, k);
          if (Silu) {
            du *= vsiluSlope(d * slope[k] + offset[k]);
            span.put(keep + r * s.C, k, du);
          }
          s1[k] += du;
          s2[k] += du * d;
        }
      }
      for (int k = 0; k < K; k++) addLanes(sums + span.column + k * W, s1[k]), addLanes(sums + s.padded + span.column + k * W, s2[k]);
    });
  }
}

/** dx = slope * du + offset + curve * (x - mean), per channel; du may lie in dx. */
static void gradientRows(const float* du, const float* x, float* dx, int64_t rows, const NormShape& s, const Affine& u) {
  for (int64_t from = 0; from < rows; from += kTerms) {
    const int64_t count = std::min(kTerms, rows - from);
    forSpans<kSpan>(s.C, [&](auto span) {
      constexpr int K = decltype(span)::vectors;
      const Channels<K> mean(u.mean + span.column), slope(u.slope + span.column), offset(u.offset + span.column), curve(u.curve + span.column);
      for (int64_t r = from; r < from + count; r++)
        for (int k = 0; k < K; k++)
          span.put(dx + r * s.C, k, span.get(du + r * s.C, k) * slope[k] + ((span.get(x + r * s.C, k) - mean[k]) * curve[k] + offset[k]));
    });
  }
}

/** What the gradient's passes share. xhat = (x - mean) * rstd, u = (xhat * gamma + beta) * (1 + scale) + shift. */
struct NormGradient : GroupNormGradArgs {
  NormShape s;
  double* sums;

  explicit NormGradient(const GroupNormGradArgs& args)
      : GroupNormGradArgs(args), s(args.sizes), sums(doubleScratch(tract::Area::shared, s.sumsSize())) {}

  double factor(int64_t n, int64_t c) const { return scaleShift ? 1.0 + scaleShift[n * 2 * s.C + c] : 1.0; }
  int64_t at(int64_t n, int64_t block) const { return (n * s.pixels + s.firstRow(block)) * s.C; }

  void first(int64_t n, int64_t block) const {
    const Affine u(s.padded);
    for (int64_t c = 0; c < s.C; c++) {
      const int64_t g = n * s.groups + c / (s.C / s.groups);
      u.mean[c] = mean[g];
      u.slope[c] = static_cast<float>(rstd[g] * gamma[c] * factor(n, c));
      u.offset[c] = static_cast<float>(beta[c] * factor(n, c) + (scaleShift ? scaleShift[n * 2 * s.C + s.C + c] : 0.0));
    }
    double* into = sums + (n * s.blocks + block) * 2 * s.padded;
    if (s.silu)
      gradientSums<true>(dy + at(n, block), x + at(n, block), dx + at(n, block), s.rowsOf(block), s, u, into);
    else
      gradientSums<false>(dy + at(n, block), x + at(n, block), nullptr, s.rowsOf(block), s, u, into);
  }

  /** dx = rstd * (G du - mean over the group of G du - xhat * mean over the group of G du xhat), G = gamma * (1 + scale). */
  void prepare(int64_t n) const {
    const double* merged = mergeBlocks(s, sums, n, doubleScratch(tract::Area::product, 2 * s.padded));
    const Affine u(s.padded);
    const int64_t width = s.C / s.groups;
    for (int64_t g = 0; g < s.groups; g++) {
      const double r = rstd[n * s.groups + g];
      double m1 = 0.0, m2 = 0.0;
      for (int64_t c = g * width; c < (g + 1) * width; c++) {
        const double G = gamma[c] * factor(n, c);
        m1 += G * merged[c];
        m2 += G * merged[s.padded + c] * r;
      }
      m1 /= static_cast<double>(s.pixels * width), m2 /= static_cast<double>(s.pixels * width);
      for (int64_t c = g * width; c < (g + 1) * width; c++) {
        u.mean[c] = mean[n * s.groups + g];
        u.slope[c] = static_cast<float>(r * gamma[c] * factor(n, c));
        u.offset[c] = static_cast<float>(-r * m1);
        u.curve[c] = static_cast<float>(-r * r * m2);
      }
    }
  }

  void second(int64_t n, int64_t block) const {
    gradientRows((s.silu ? dx.data : dy.data) + at(n, block), x + at(n, block), dx + at(n, block), s.rowsOf(block), s, Affine(s.padded));
  }

  /** dgamma = sum of (1 + scale) du xhat, dbeta = sum of (1 + scale) du over images in order; dscale = sum of du (xhat gamma + beta), dshift = sum of du per image. */
  void parameters() const {
    const int64_t width = s.C / s.groups;
    constexpr int64_t kColumns = 8;  // a cache line of the sums
    forRows((s.C + kColumns - 1) / kColumns, 8 * kColumns * s.N * s.blocks, [&](int64_t item) {
      const int64_t from = item * kColumns, columns = std::min(kColumns, s.C - from);
      double sumGamma[kColumns] = {}, sumBeta[kColumns] = {};
      for (int64_t n = 0; n < s.N; n++) {
        double s1[kColumns] = {}, s2[kColumns] = {};
        for (int64_t block = 0; block < s.blocks; block++) {
          const double* part = sums + (n * s.blocks + block) * 2 * s.padded + from;
          for (int64_t i = 0; i < columns; i++) s1[i] += part[i], s2[i] += part[s.padded + i];
        }
        for (int64_t i = 0; i < columns; i++) {
          const int64_t c = from + i;
          s2[i] *= rstd[n * s.groups + c / width];
          sumGamma[i] += factor(n, c) * s2[i], sumBeta[i] += factor(n, c) * s1[i];
          if (!dScaleShift) continue;
          dScaleShift[n * 2 * s.C + c] = static_cast<float>(gamma[c] * s2[i] + beta[c] * s1[i]);
          dScaleShift[n * 2 * s.C + s.C + c] = static_cast<float>(s1[i]);
        }
      }
      for (int64_t i = 0; i < columns; i++) dGamma[from + i] = static_cast<float>(sumGamma[i]), dBeta[from + i] = static_cast<float>(sumBeta[i]);
    });
  }
};

static void groupNormGrad(const GroupNormGradArgs& args) {
  const NormGradient grad(args);
  inTwoPasses(
      grad.s, [&](int64_t n, int64_t block) { grad.first(n, block); }, [&](int64_t n, bool) { grad.prepare(n); },
      [&](int64_t n, int64_t block) { grad.second(n, block); });
  grad.parameters();
}

}  // namespace TRACT_ISA
