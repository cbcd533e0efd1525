// Element-wise kernels: two operands with broadcasting, and one operand.
#pragma once
#include "blocks.h"
#include "kernel-args.h"
#include "vector-math.h"

namespace TRACT_ISA {

template <bool StepA, bool StepB, class F>
static inline void binaryRun(const float* a, const float* b, float* y, int64_t begin, int64_t end, F f) {
  const vf a0 = splat(*a), b0 = splat(*b);
  forVectors(begin, end,
             [&](int64_t i, auto width) { storeSome(y + i, f(StepA ? loadSome(a + i, width) : a0, StepB ? loadSome(b + i, width) : b0), width); });
}

template <class F>
static inline void binary(const BinaryArgs& c, F f) {
  const int64_t n1 = c.lengths[1], n2 = c.lengths[2], rows = c.lengths[0] * n1;
  const bool stepA = c.aSteps[2] != 0, stepB = c.bSteps[2] != 0;
  const auto run = [&](int64_t row, int64_t begin, int64_t end) {
    const int64_t i0 = row / n1, i1 = row % n1;
    const float *a = c.a + i0 * c.aSteps[0] + i1 * c.aSteps[1], *b = c.b + i0 * c.bSteps[0] + i1 * c.bSteps[1];
    float* y = c.y + row * n2;
    if (stepA && stepB) return binaryRun<true, true>(a, b, y, begin, end, f);
    if (stepA) return binaryRun<true, false>(a, b, y, begin, end, f);
    if (stepB) return binaryRun<false, true>(a, b, y, begin, end, f);
    binaryRun<false, false>(a, b, y, begin, end, f);
  };
  if (n2 <= kPiece) return forRows(rows, n2, [&](int64_t row) { run(row, 0, n2); });
  const int64_t pieces = (n2 + kPiece - 1) / kPiece;
  tract::parallelFor(rows * pieces, [&](int64_t item) { run(item / pieces, item % pieces * kPiece, std::min(n2, (item % pieces + 1) * kPiece)); });
}

#define TRACT_BINARY(name, value)                \
  static void name(const BinaryArgs& c) {        \
    binary(c, [](vf a, vf b) { return value; }); \
  }
TRACT_BINARY(add, a + b)
TRACT_BINARY(subtract, a - b)
TRACT_BINARY(multiply, (a * b))
TRACT_BINARY(divide, a / b)
TRACT_BINARY(maximum, select(b != b, b, vmax(a, b)))
TRACT_BINARY(minimum, select(b != b, b, vmin(a, b)))

/** y[i] = f(i, width) for vectors of y. */
template <class F>
static inline void eachVector(const Out& y, F f) {
  forPieces(y.length,
            [&](int64_t begin, int64_t end) { forVectors(begin, end, [&](int64_t i, auto width) { storeSome(y + i, f(i, width), width); }); });
}

template <class Args, class F>
static inline void unary(const Args& c, F f) {
  eachVector(c.y, [&](int64_t i, auto width) { return f(loadSome(c.x + i, width)); });
}

#define TRACT_UNARY(name, value)          \
  static void name(const UnaryArgs& c) {  \
    unary(c, [](vf x) { return value; }); \
  }
TRACT_UNARY(sigmoid, vsigmoid(x))
TRACT_UNARY(exponential, vexpWhole(x))
TRACT_UNARY(logarithm, vlog(x))
TRACT_UNARY(squareRoot, vsqrt(x))
TRACT_UNARY(inverseSquareRoot, splat(1.0f) / vsqrt(x))
TRACT_UNARY(square, (x * x))
TRACT_UNARY(hyperbolicTangent, vtanh(x))
TRACT_UNARY(relu, vmax(x, vf{}))
TRACT_UNARY(negate, -x)
TRACT_UNARY(silu, vsilu(x))

/** y = 1 above zero, alpha elsewhere. */
static void step(const StepArgs& c) {
  const vf alpha = splat(c.alpha);
  unary(c, [=](vf x) { return select(x != x, x, select(x > vf{}, splat(1.0f), alpha)); });
}
static void clip(const ClipArgs& c) {
  const vf low = splat(c.low), high = splat(c.high);
  unary(c, [=](vf x) { return vmin(vmax(x, low), high); });
}
static void scale(const ScaleArgs& c) {
  const vf factor = splat(c.factor), offset = splat(c.offset);
  unary(c, [=](vf x) { return x * factor + offset; });
}

static void fill(const FillArgs& c) {
  const vf value = splat(c.value);
  eachVector(c.y, [=](int64_t, auto) { return value; });
}

static void siluGrad(const SiluGradArgs& c) {
  eachVector(c.dx, [&](int64_t i, auto width) { return loadSome(c.dy + i, width) * vsiluSlope(loadSome(c.x + i, width)); });
}

}  // namespace TRACT_ISA
