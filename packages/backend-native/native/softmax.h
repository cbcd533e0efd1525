// Softmax over the last axis.
#pragma once
#include "reduce.h"

namespace TRACT_ISA {

/** buffers: x, y [rows,columns]; numbers: rows, columns. The largest logit is taken off first. */
static void softmax(const Call& call) {
  const int64_t rows = call.n(0), columns = call.n(1);
  forRows(rows, columns, [&](int64_t row) {
    const float* x = call.in(0) + row * columns;
    float* y = call.out(1) + row * columns;
    const vf top = splat(static_cast<float>(reduceRun<MaxOf>(x, columns)));
    forVectors(0, columns, [&](int64_t i, auto width) { storeSome(y + i, vexp(loadSome(x + i, width) - top), width); });
    const vf inverse = splat(static_cast<float>(1.0 / reduceRun<SumOf>(y, columns)));
    forVectors(0, columns, [&](int64_t i, auto width) { storeSome(y + i, loadSome(y + i, width) * inverse, width); });
  });
}

#define TRACT_SOFTMAX_KERNELS TRACT_KERNEL(softmax)

}  // namespace TRACT_ISA
