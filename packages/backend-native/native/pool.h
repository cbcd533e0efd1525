// Largest value and mean of square windows; pixels outside the image are left out.
#pragma once
#include <limits>

#include "blocks.h"
#include "kernel-args.h"

namespace TRACT_ISA {

/** Calls pixel(offset) for each pixel of a window that lies inside an image [H, Wd, C]; returns how many there are. */
template <class Pixel>
static inline int64_t forWindow(int64_t top, int64_t left, int64_t size, int64_t H, int64_t Wd, int64_t C, Pixel&& pixel) {
  const int64_t y0 = std::max<int64_t>(top, 0), y1 = std::min(top + size, H), x0 = std::max<int64_t>(left, 0), x1 = std::min(left + size, Wd);
  for (int64_t y = y0; y < y1; y++)
    for (int64_t x = x0; x < x1; x++) pixel((y * Wd + x) * C);
  return (y1 - y0) * (x1 - x0);
}

template <bool largest>
static void pool(const PoolArgs& args) {
  const int64_t H = args.H, Wd = args.Wd, C = args.C, size = args.size, stride = args.stride, pad = args.pad, Ho = args.Ho, Wo = args.Wo;
  forRows(args.N * Ho, size * size * Wo * C, [&](int64_t row) {
    const float* image = args.x + row / Ho * H * Wd * C;
    float* y = args.y + row * Wo * C;
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
static void maxPool(const PoolArgs& args) { pool<true>(args); }
static void avgPool(const PoolArgs& args) { pool<false>(args); }

}  // namespace TRACT_ISA
