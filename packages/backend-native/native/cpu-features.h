// Instruction sets of an x86-64 processor that its operating system also saves. The compilers' own __builtin_cpu_supports needs a run-time library that not every one links.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, sections 14.3 and 15.2.
#pragma once
#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>

struct CpuFeatures {
  bool sse42 = false, avx2 = false, avx512 = false;  // avx2 with fma; avx512 with f, vl and dq
};

static inline CpuFeatures cpuFeatures() {
  CpuFeatures found;
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  found.sse42 = c & bit_SSE4_2;
  const bool fma = c & bit_FMA, savesState = c & bit_OSXSAVE;
  if (!savesState || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  const auto saved = [low](uint32_t parts) { return (low & parts) == parts; };
  found.avx2 = fma && (b & bit_AVX2) && saved(0x6);                                                           // xmm and ymm registers
  found.avx512 = found.avx2 && (b & bit_AVX512F) && (b & bit_AVX512VL) && (b & bit_AVX512DQ) && saved(0xe6);  // and mask, upper zmm, zmm16 to 31
  return found;
}
#endif
