// Element-wise kernels: two operands with broadcasting, and one operand.
#pragma once
#include "blocks.h"
#include "kernel-args.h"
#include "vector-math.h"

namespace TRACT_ISA {

template <bool StepA, bool StepB, class F>
static inline void binaryRun(const float* a, const float* b, float* y, int64_t begin, int64_t end, F f) {
  const vf a0 = splat(*a), b0 = splat(*b);
  forVectors(begin, end, [&](int64_t i, auto width) {
    storeSome(y + i, f(StepA ? loadSome(a + i, width) : a0, StepB ? loadSome(b + i, width) : b0), width);
  });
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
  tract::parallelFor(rows * pieces,
                     [&](int64_t item) { run(item / pieces, item % pieces * kPiece, std::min(n2, (item % pieces + 1) * kPiece)); });
}

static void add(const BinaryArgs& c) {
  binary(c, [](vf a, vf b) { return a + b; });
}
static void subtract(const BinaryArgs& c) {
  binary(c, [](vf a, vf b) { return a - b; });
}
static void multiply(const BinaryArgs& c) {
  binary(c, [](vf a, vf b) { return a * b; });
}
static void divide(const BinaryArgs& c) {
  binary(c, [](vf a, vf b) { return a / b; });
}
static void maximum(const BinaryArgs& c) {
  binary(c, [](vf a, vf b) { return select(b != b, b, vmax(a, b)); });
}
static void minimum(const BinaryArgs& c) {
  binary(c, [](vf a, vf b) { return select(b != b, b, vmin(a, b)); });
}

template <class Args, class F>
static inline void unary(const Args& c, F f) {
  const float* x = c.x;
  float* y = c.y;
  forPieces(c.y.length, [&](int64_t begin, int64_t end) {
    forVectors(begin, end, [&](int64_t i, auto width) { storeSome(y + i, f(loadSome(x + i, width)), width); });
  });
}

static void sigmoid(const UnaryArgs& c) {
  unary(c, [](vf x) { return vsigmoid(x); });
}
static void exponential(const UnaryArgs& c) {
  unary(c, [](vf x) { return vexpWhole(x); });
}
static void logarithm(const UnaryArgs& c) {
  unary(c, [](vf x) { return vlog(x); });
}
static void squareRoot(const UnaryArgs& c) {
  unary(c, [](vf x) { return vsqrt(x); });
}
static void inverseSquareRoot(const UnaryArgs& c) {
  unary(c, [](vf x) { return splat(1.0f) / vsqrt(x); });
}
static void square(const UnaryArgs& c) {
  unary(c, [](vf x) { return x * x; });
}
static void hyperbolicTangent(const UnaryArgs& c) {
  unary(c, [](vf x) { return vtanh(x); });
}
static void relu(const UnaryArgs& c) {
  unary(c, [](vf x) { return vmax(x, vf{}); });
}
static void negate(const UnaryArgs& c) {
  unary(c, [](vf x) { return -x; });
}
static void silu(const UnaryArgs& c) {
  unary(c, [](vf x) { return vsilu(x); });
}
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
  float* y = c.y;
  forPieces(c.y.length,
            [&](int64_t begin, int64_t end) { forVectors(begin, end, [&](int64_t i, auto width) { storeSome(y + i, value, width); }); });
}

static void siluGrad(const SiluGradArgs& c) {
  const float *dy = c.dy, *x = c.x;
  float* dx = c.dx;
  forPieces(c.dx.length, [&](int64_t begin, int64_t end) {
    forVectors(begin, end,
               [&](int64_t i, auto width) { storeSome(dx + i, loadSome(dy + i, width) * vsiluSlope(loadSome(x + i, width)), width); });
  });
}

}  // namespace TRACT_ISA
