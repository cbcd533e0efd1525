// Softmax over the last axis.
#pragma once
#include "reduce.h"

namespace TRACT_ISA {

/** The largest logit is taken off first. */
static void softmax(const SoftmaxArgs& args) {
  const int64_t rows = args.rows, columns = args.columns;
  forRows(rows, columns, [&](int64_t row) {
    const float* x = args.x + row * columns;
    float* y = args.y + row * columns;
    const vf top = splat(static_cast<float>(reduceRun<MaxOf>(x, columns)));
    forVectors(0, columns, [&](int64_t i, auto width) { storeSome(y + i, vexp(loadSome(x + i, width) - top), width); });
    const vf inverse = splat(static_cast<float>(1.0 / reduceRun<SumOf>(y, columns)));
    forVectors(0, columns, [&](int64_t i, auto width) { storeSome(y + i, loadSome(y + i, width) * inverse, width); });
  });
}

}  // namespace TRACT_ISA
