// Element-wise kernels: two operands with broadcasting, and one operand.
#pragma once
#include "blocks.h"
#include "vector-math.h"

namespace TRACT_ISA {

template <bool StepA, bool StepB, class F>
static inline void binaryRun(const float* a, const float* b, float* y, int64_t begin, int64_t end, F f) {
  const vf a0 = splat(*a), b0 = splat(*b);
  forVectors(begin, end, [&](int64_t i, auto width) {
    storeSome(y + i, f(StepA ? loadSome(a + i, width) : a0, StepB ? loadSome(b + i, width) : b0), width);
  });
}

/** buffers: a, b, y [n0,n1,n2]; numbers: n0, n1, n2, then a's and b's three strides in floats (0 broadcasts; the last is 0 or 1). */
template <class F>
static inline void binary(const Call& c, F f) {
  const int64_t n1 = c.n(1), n2 = c.n(2), rows = c.n(0) * n1;
  const bool stepA = c.n(5) != 0, stepB = c.n(8) != 0;
  const auto run = [&](int64_t row, int64_t begin, int64_t end) {
    const int64_t i0 = row / n1, i1 = row % n1;
    const float *a = c.in(0) + i0 * c.n(3) + i1 * c.n(4), *b = c.in(1) + i0 * c.n(6) + i1 * c.n(7);
    float* y = c.out(2) + row * n2;
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

static void add(const Call& c) {
  binary(c, [](vf a, vf b) { return a + b; });
}
static void subtract(const Call& c) {
  binary(c, [](vf a, vf b) { return a - b; });
}
static void multiply(const Call& c) {
  binary(c, [](vf a, vf b) { return a * b; });
}
static void divide(const Call& c) {
  binary(c, [](vf a, vf b) { return a / b; });
}
static void maximum(const Call& c) {
  binary(c, [](vf a, vf b) { return select(b != b, b, vmax(a, b)); });
}
static void minimum(const Call& c) {
  binary(c, [](vf a, vf b) { return select(b != b, b, vmin(a, b)); });
}

/** buffers: x, y of equal length; numbers: those that f captures. */
template <class F>
static inline void unary(const Call& c, F f) {
  const float* x = c.in(0);
  float* y = c.out(1);
  forPieces(static_cast<int64_t>(c.lengths[1]), [&](int64_t begin, int64_t end) {
    forVectors(begin, end, [&](int64_t i, auto width) { storeSome(y + i, f(loadSome(x + i, width)), width); });
  });
}

static void sigmoid(const Call& c) {
  unary(c, [](vf x) { return vsigmoid(x); });
}
static void exponential(const Call& c) {
  unary(c, [](vf x) { return vexpWhole(x); });
}
static void logarithm(const Call& c) {
  unary(c, [](vf x) { return vlog(x); });
}
static void squareRoot(const Call& c) {
  unary(c, [](vf x) { return vsqrt(x); });
}
static void inverseSquareRoot(const Call& c) {
  unary(c, [](vf x) { return splat(1.0f) / vsqrt(x); });
}
static void square(const Call& c) {
  unary(c, [](vf x) { return x * x; });
}
static void hyperbolicTangent(const Call& c) {
  unary(c, [](vf x) { return vtanh(x); });
}
static void relu(const Call& c) {
  unary(c, [](vf x) { return vmax(x, vf{}); });
}
static void negate(const Call& c) {
  unary(c, [](vf x) { return -x; });
}
static void silu(const Call& c) {
  unary(c, [](vf x) { return vsilu(x); });
}
/** numbers: alpha; y = 1 above zero, alpha elsewhere */
static void step(const Call& c) {
  const vf alpha = splat(c.f(0));
  unary(c, [=](vf x) { return select(x != x, x, select(x > vf{}, splat(1.0f), alpha)); });
}
/** numbers: low, high */
static void clip(const Call& c) {
  const vf low = splat(c.f(0)), high = splat(c.f(1));
  unary(c, [=](vf x) { return vmin(vmax(x, low), high); });
}
/** numbers: factor, offset; y = x * factor + offset */
static void scale(const Call& c) {
  const vf factor = splat(c.f(0)), offset = splat(c.f(1));
  unary(c, [=](vf x) { return x * factor + offset; });
}

/** buffers: y; numbers: the value of all elements */
static void fill(const Call& c) {
  const vf value = splat(c.f(0));
  float* y = c.out(0);
  forPieces(static_cast<int64_t>(c.lengths[0]),
            [&](int64_t begin, int64_t end) { forVectors(begin, end, [&](int64_t i, auto width) { storeSome(y + i, value, width); }); });
}

/** buffers: dy, x, dx of equal length */
static void siluGrad(const Call& c) {
  const float *dy = c.in(0), *x = c.in(1);
  float* dx = c.out(2);
  forPieces(static_cast<int64_t>(c.lengths[2]), [&](int64_t begin, int64_t end) {
    forVectors(begin, end,
               [&](int64_t i, auto width) { storeSome(dx + i, loadSome(dy + i, width) * vsiluSlope(loadSome(x + i, width)), width); });
  });
}

#define TRACT_ELEMENTWISE_KERNELS                                                                                                      \
  TRACT_KERNEL(add)                                                                                                                    \
  TRACT_KERNEL(subtract) TRACT_KERNEL(multiply) TRACT_KERNEL(divide) TRACT_KERNEL(maximum) TRACT_KERNEL(minimum) TRACT_KERNEL(sigmoid) \
      TRACT_KERNEL(exponential) TRACT_KERNEL(logarithm) TRACT_KERNEL(squareRoot) TRACT_KERNEL(inverseSquareRoot) TRACT_KERNEL(square)  \
          TRACT_KERNEL(hyperbolicTangent) TRACT_KERNEL(relu) TRACT_KERNEL(negate) TRACT_KERNEL(silu) TRACT_KERNEL(clip)                \
              TRACT_KERNEL(scale) TRACT_KERNEL(step) TRACT_KERNEL(fill) TRACT_KERNEL(siluGrad)

}  // namespace TRACT_ISA
