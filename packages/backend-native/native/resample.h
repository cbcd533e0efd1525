// Doubling and halving of images: repeated pixels, and sums of 2x2 blocks.
#pragma once
#include "blocks.h"

namespace TRACT_ISA {

/** buffers: x [N,H,W,C], y [N,2H,2W,C]; numbers: N, H, W, C, scale. y = scale * x, each pixel four times. */
static void upsample2x(const Call& call) {
  const int64_t H = call.n(1), width = call.n(2), C = call.n(3);
  const vf factor = splat(call.f(4));
  forRows(call.n(0) * H, 4 * width * C, [&](int64_t row) {
    const float* x = call.in(0) + row * width * C;
    float* y = call.out(1) + row * 4 * width * C;
    for (int64_t i = 0; i < width; i++) {
      forVectors(0, C, [&](int64_t c, auto lanes) {
        const vf v = loadSome(x + i * C + c, lanes) * factor;
        storeSome(y + 2 * i * C + c, v, lanes);
        storeSome(y + (2 * i + 1) * C + c, v, lanes);
      });
    }
    copyRun(y + 2 * width * C, y, 2 * width * C);
  });
}

/** buffers: x [N,H,W,C] with even H and W, y [N,H/2,W/2,C]; numbers: N, H, W, C, scale. y = scale * (sum of each 2x2 block). */
static void downsample2x(const Call& call) {
  const int64_t H = call.n(1), width = call.n(2), C = call.n(3);
  const vf factor = splat(call.f(4));
  forRows(call.n(0) * (H / 2), 2 * width * C, [&](int64_t row) {
    const float *top = call.in(0) + row * 2 * width * C, *bottom = top + width * C;
    float* y = call.out(1) + row * (width / 2) * C;
    for (int64_t i = 0; i < width / 2; i++, top += 2 * C, bottom += 2 * C, y += C) {
      forVectors(0, C, [&](int64_t c, auto lanes) {
        const vf upper = loadSome(top + c, lanes) + loadSome(top + C + c, lanes),
                 lower = loadSome(bottom + c, lanes) + loadSome(bottom + C + c, lanes);
        storeSome(y + c, (upper + lower) * factor, lanes);
      });
    }
  });
}

#define TRACT_RESAMPLE_KERNELS TRACT_KERNEL(upsample2x) TRACT_KERNEL(downsample2x)

}  // namespace TRACT_ISA
