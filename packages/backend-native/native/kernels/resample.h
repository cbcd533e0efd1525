// Doubling and halving of images: repeated pixels, and sums of 2x2 blocks.
#pragma once
#include "blocks.h"
#include "kernel-args.h"

namespace TRACT_ISA {

/** y = scale * x, each pixel four times. */
static void upsample2x(const ResampleArgs& args) {
  const int64_t H = args.H, width = args.Wd, C = args.C;
  const vf factor = splat(args.scale);
  forRows(args.N * H, 4 * width * C, [&](int64_t row) {
    const float* x = args.x + row * width * C;
    float* y = args.y + row * 4 * width * C;
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

/** y = scale * (sum of each 2x2 block); H and Wd are even. */
static void downsample2x(const ResampleArgs& args) {
  const int64_t H = args.H, width = args.Wd, C = args.C;
  const vf factor = splat(args.scale);
  forRows(args.N * (H / 2), 2 * width * C, [&](int64_t row) {
    const float *top = args.x + row * 2 * width * C, *bottom = top + width * C;
    float* y = args.y + row * (width / 2) * C;
    for (int64_t i = 0; i < width / 2; i++, top += 2 * C, bottom += 2 * C, y += C) {
      forVectors(0, C, [&](int64_t c, auto lanes) {
        const vf upper = loadSome(top + c, lanes) + loadSome(top + C + c, lanes),
                 lower = loadSome(bottom + c, lanes) + loadSome(bottom + C + c, lanes);
        storeSome(y + c, (upper + lower) * factor, lanes);
      });
    }
  });
}

}  // namespace TRACT_ISA
