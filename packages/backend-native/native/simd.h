// Vectors of TRACT_LANES floats through the compiler's vector types: the same source serves SSE, AVX2, AVX-512, NEON and WebAssembly.
#pragma once
#include <cstdint>
#include <cstring>
#ifdef __SSE4_2__
#include <immintrin.h>
#endif

#ifndef TRACT_LANES
#define TRACT_LANES 4
#endif

namespace TRACT_ISA {

constexpr int W = TRACT_LANES;
typedef float vf __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));

static inline vf load(const float* p) {
  vf v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
static inline void store(float* p, vf v) { std::memcpy(p, &v, sizeof v); }
static inline vf splat(float x) { return x - vf{}; }
/** c + a * b, rounded once where the processor does that in one instruction. */
static inline vf multiplyAdd(vf a, vf b, vf c) {
#ifdef __wasm_relaxed_simd__
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);  // clang 21 exchanges the operands where it makes this of c + a * b by itself
#else
  return c + a * b;
#endif
}
/** Ends a row's part of a step: with all rows under way at once, WebAssembly's 16 registers would not hold the accumulators. Other compilers keep to the order. */
static inline void endRow(vf& a, vf& b) {
#ifdef __wasm__
  asm volatile("" : "+r"(a), "+r"(b) : : "memory");
#else
  (void)a, (void)b;
#endif
}
static inline vf loadPart(const float* p, int n) {
  vf v{};
  std::memcpy(&v, p, sizeof(float) * n);
  return v;
}
static inline void storePart(float* p, vf v, int n) { std::memcpy(p, &v, sizeof(float) * n); }
static inline vf select(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
// A NaN in the first argument stays one. Compilers make a comparison and a blend of this on x86, which has an instruction that does the same.
#ifdef __SSE4_2__
#if TRACT_LANES == 16
#define TRACT_X86(name) _mm512_##name##_ps
#elif TRACT_LANES == 8
#define TRACT_X86(name) _mm256_##name##_ps
#else
#define TRACT_X86(name) _mm_##name##_ps
#endif
static inline vf vmax(vf a, vf b) { return TRACT_X86(max)(b, a); }
static inline vf vmin(vf a, vf b) { return TRACT_X86(min)(b, a); }
#else
static inline vf vmax(vf a, vf b) { return b > a ? b : a; }
static inline vf vmin(vf a, vf b) { return b < a ? b : a; }
#endif

/** Lanes are added in a fixed order (pairwise halves), so a sum is the same on every run. */
static inline float sumLanes(vf v) {
  float x[W];
  std::memcpy(x, &v, sizeof v);
  for (int half = W / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) x[i] += x[i + half];
  return x[0];
}

/** e^x to 2 ulp on [-87, 88], clamped outside: 2^n times a degree-6 polynomial on [-ln2/2, ln2/2] (Cephes' coefficients). */
static inline vf vexp(vf x) {
  x = vmin(vmax(x, splat(-87.3f)), splat(88.3f));
  const vf shifted = x * splat(1.44269504088896341f) + splat(12583039.0f);  // 1.5 * 2^23 + 127: an integer in the low bits, biased as an exponent
  const vf n = shifted - splat(12583039.0f);
  vf r = x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  const vf r2 = r * r;  // by squares rather than by Horner: half as long a chain
  const vf high = (r * splat(1.9875691500e-4f) + splat(1.3981999507e-3f)) * r2 + (r * splat(8.3334519073e-3f) + splat(4.1665795894e-2f));
  const vf p = (high * r2 + (r * splat(1.6666665459e-1f) + splat(5.0000001201e-1f))) * r2 + (r + splat(1.0f));
  return p * (vf)((vi)shifted << 23);
}
static inline vf vsigmoid(vf x) { return splat(1.0f) / (splat(1.0f) + vexp(-x)); }

}  // namespace TRACT_ISA
