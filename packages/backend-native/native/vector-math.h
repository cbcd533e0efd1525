// Transcendental functions of vectors beyond simd.h's: whole range, infinities and NaN included. Polynomials are Cephes'.
#pragma once
#include <limits>

#include "horner.h"
#include "simd.h"

namespace TRACT_ISA {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** e^x over the whole range: beyond +-80 the argument is first moved by 64 ln 2, which a multiplication by 2^+-64 gives back. */
static inline vf vexpWhole(vf x) {
  const vi high = x > splat(80.0f), low = x < splat(-80.0f);
  const vf turns = select(high, splat(1.0f), select(low, splat(-1.0f), vf{}));
  const vf back = select(high, splat(0x1p64f), select(low, splat(0x1p-64f), splat(1.0f)));
  return vexp((x - turns * splat(44.359375f)) - turns * splat(2.0445558e-3f)) * back;
}

/** Natural logarithm to 2 ulp: x = m 2^k with m in [sqrt(1/2), sqrt(2)). */
static inline vf vlog(vf x) {
  const vi tiny = x < splat(1.17549435e-38f);
  const vf normal = select(tiny, x * splat(0x1p23f), x);
  const vi bits = (vi)normal;
  const vi k = (bits - 0x3f3504f3) >> 23;
  const vf z = (vf)(bits - (k << 23)) - splat(1.0f);
  const vf n = __builtin_convertvector(k, vf) - select(tiny, splat(23.0f), vf{});
  const vf p = horner(z, splat(7.0376836292e-2f), -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                      2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f);
  const vf square = z * z;
  vf y = p * z * square + n * splat(-2.12194440e-4f) - splat(0.5f) * square;
  y = (z + y) + n * splat(0.693359375f);
  y = select(x == splat(0.0f), splat(-kInfinity), y);
  y = select(x == splat(kInfinity), x, y);
  return select(x >= splat(0.0f), y, splat(std::numeric_limits<float>::quiet_NaN()));
}

static inline vf vtanh(vf x) {
  const vf magnitude = vmax(x, -x);
  const vf square = x * x;
  const vf p = horner(square, splat(-5.70498872745e-3f), 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f);
  const vf small = x + x * square * p;
  const vf large = splat(1.0f) - splat(2.0f) / (splat(1.0f) + vexp(magnitude + magnitude));
  return select(magnitude < splat(0.625f), small, select(x < vf{}, -large, large));
}

static inline vf vsqrt(vf x) {
  vf y;
  for (int i = 0; i < W; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
}

static inline vf vsilu(vf x) { return x / (splat(1.0f) + vexp(-x)); }

/** The derivative of x * sigmoid(x). */
static inline vf vsiluSlope(vf x) {
  const vf s = vsigmoid(x);
  return s * (splat(1.0f) + x * (splat(1.0f) - s));
}

}  // namespace TRACT_ISA
