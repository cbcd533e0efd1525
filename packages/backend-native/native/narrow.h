// Convolutions to very few output channels (a network's last layer): the register tile would be mostly padding, so the forward pass takes
// dot products along (kx, channel), and the filter gradient takes the few channels of dy as rows and the input, unpacked, as columns.
#pragma once
#include "gemm.h"

namespace TRACT_ISA {

constexpr int64_t kNarrow = 4;  // at most this many output channels

/** One band of outputs; `weights` is [Co][kh * run] with run = kw * C, a multiple of W. */
static void narrowBand(const float* band, int64_t bandWidth, int64_t C, int64_t stride, int64_t kh, int64_t run, const float* weights, int64_t rows,
                       int64_t Wo, int64_t Co, float* y, Epilogue end) {
  constexpr int P = 8;  // pixels at a time: as many independent sums hide the latency of the multiply-add
  const int64_t rowStep = bandWidth * C, pixels = rows * Wo;
  for (int64_t first = 0; first < pixels; first += P) {
    const float* a[P];
    for (int r = 0; r < P; r++) {
      const int64_t pixel = std::min(first + r, pixels - 1);
      a[r] = band + (pixel / Wo * rowStep + pixel % Wo * C) * stride;
    }
    for (int64_t co = 0; co < Co; co++) {
      vf sum[P] = {};
      for (int64_t ky = 0; ky < kh; ky++)
        for (int64_t k = 0; k < run; k += W) {
          const vf w = load(weights + (co * kh + ky) * run + k);
#pragma GCC unroll 8
          for (int r = 0; r < P; r++) sum[r] = multiplyAdd(load(a[r] + ky * rowStep + k), w, sum[r]);
        }
      for (int r = 0; r < P && first + r < pixels; r++) {
        const int64_t at = (first + r) * Co + co;
        const float value = sumLanes(sum[r]) + (end.bias ? end.bias[co] : 0.0f) + (end.residual ? end.residual[at] : 0.0f);
        y[at] = end.relu && value < 0 ? 0.0f : value;
      }
    }
  }
}

/** Adds one band's part of the filter gradient to sum[kh][Co][run]: rows are the channels of dy, columns the run of the input, NR at a time. */
template <int M>
static void narrowFilterGrad(const float* band, int64_t rowStep, int64_t step, int64_t stride, int64_t kh, int64_t run, const float* dy, int64_t rows,
                             int64_t Wo, float* sum) {
  for (int64_t ky = 0; ky < kh; ky++)
    for (int64_t m = 0; m < run; m += 4 * W) {
      const int vectors = static_cast<int>(std::min<int64_t>(4, (run - m) / W));
      vf total[M][4];
      for (int r = 0; r < M; r++)
        for (int v = 0; v < vectors; v++) total[r][v] = load(sum + (ky * M + r) * run + m + v * W);
      for (int64_t y = 0; y < rows; y++) {
        const float* x = band + (y * stride + ky) * rowStep + m;
        const float* g = dy + y * Wo * M;
        for (int64_t i = 0; i < Wo; i++, x += step, g += M)
          for (int v = 0; v < vectors; v++) {
            const vf value = load(x + v * W);
#pragma GCC unroll 4
            for (int r = 0; r < M; r++) total[r][v] = multiplyAdd(value, splat(g[r]), total[r][v]);
          }
      }
      for (int r = 0; r < M; r++)
        for (int v = 0; v < vectors; v++) store(sum + (ky * M + r) * run + m + v * W, total[r][v]);
    }
}

}  // namespace TRACT_ISA
