// Largest value and mean of square windows; pixels outside the image are left out.
#pragma once
#include <limits>

#include "blocks.h"
#include "kernel-args.h"

namespace TRACT_ISA {

template <bool largest>
static void pool(const PoolArgs& args) {
  const int64_t H = args.H, Wd = args.Wd, C = args.C, size = args.size, stride = args.stride, pad = args.pad, Ho = args.Ho, Wo = args.Wo;
  forRows(args.N * Ho, size * size * Wo * C, [&](int64_t row) {
    const float* image = args.x + row / Ho * H * Wd * C;
    float* y = args.y + row * Wo * C;
    const int64_t top = row % Ho * stride - pad, y0 = std::max<int64_t>(top, 0), y1 = std::min(top + size, H);
    for (int64_t i = 0; i < Wo; i++, y += C) {
      const int64_t left = i * stride - pad, x0 = std::max<int64_t>(left, 0), x1 = std::min(left + size, Wd);
      const vf count = splat(static_cast<float>((y1 - y0) * (x1 - x0)));
      forSpans<4>(C, [&](auto span) {
        constexpr int K = decltype(span)::vectors;
        vf v[K];
        for (int k = 0; k < K; k++) v[k] = splat(largest ? -std::numeric_limits<float>::infinity() : 0.0f);
        for (int64_t r = y0; r < y1; r++)
          for (int64_t c = x0; c < x1; c++)
            for (int k = 0; k < K; k++) {
              const vf x = span.get(image + (r * Wd + c) * C, k);
              v[k] = largest ? vmax(x, v[k]) : v[k] + x;
            }
        for (int k = 0; k < K; k++) span.put(y, k, largest ? v[k] : v[k] / count);
      });
    }
  });
}
static void maxPool(const PoolArgs& args) { pool<true>(args); }
static void avgPool(const PoolArgs& args) { pool<false>(args); }

}  // namespace TRACT_ISA
