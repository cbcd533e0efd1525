// Largest value and mean of square windows; pixels outside the image are left out.
#pragma once
#include <limits>

#include "blocks.h"

namespace TRACT_ISA {

/** Calls pixel(offset) for each pixel of a window that lies inside an image [H, Wd, C]; returns how many there are. */
template <class Pixel>
static inline int64_t forWindow(int64_t top, int64_t left, int64_t size, int64_t H, int64_t Wd, int64_t C, Pixel&& pixel) {
  const int64_t y0 = std::max<int64_t>(top, 0), y1 = std::min(top + size, H), x0 = std::max<int64_t>(left, 0),
                x1 = std::min(left + size, Wd);
  for (int64_t y = y0; y < y1; y++)
    for (int64_t x = x0; x < x1; x++) pixel((y * Wd + x) * C);
  return (y1 - y0) * (x1 - x0);
}

/** buffers: x [N,H,W,C], y [N,Ho,Wo,C]; numbers: N, H, W, C, size, stride, pad, Ho, Wo */
template <bool largest>
static void pool(const Call& call) {
  const int64_t H = call.n(1), Wd = call.n(2), C = call.n(3), size = call.n(4), stride = call.n(5), pad = call.n(6), Ho = call.n(7),
                Wo = call.n(8);
  forRows(call.n(0) * Ho, size * size * Wo * C, [&](int64_t row) {
    const float* image = call.in(0) + row / Ho * H * Wd * C;
    float* y = call.out(1) + row * Wo * C;
    const int64_t top = row % Ho * stride - pad;
    for (int64_t i = 0; i < Wo; i++, y += C) {
      forSpans<4>(C, [&](auto span) {
        constexpr int K = decltype(span)::vectors;
        vf v[K];
        for (int k = 0; k < K; k++) v[k] = splat(largest ? -std::numeric_limits<float>::infinity() : 0.0f);
        const int64_t count = forWindow(top, i * stride - pad, size, H, Wd, C, [&](int64_t offset) {
          for (int k = 0; k < K; k++) {
            const vf x = span.get(image + offset, k);
            v[k] = largest ? vmax(x, v[k]) : v[k] + x;
          }
        });
        for (int k = 0; k < K; k++) span.put(y, k, largest ? v[k] : v[k] / splat(static_cast<float>(count)));
      });
    }
  });
}
static void maxPool(const Call& call) { pool<true>(call); }
static void avgPool(const Call& call) { pool<false>(call); }

#define TRACT_POOL_KERNELS TRACT_KERNEL(maxPool) TRACT_KERNEL(avgPool)

}  // namespace TRACT_ISA
