// Working memory that only grows.
#pragma once
#include <cstddef>
#include <new>

#include "aligned.h"

namespace tract {

struct ScratchArea {
  float* data = nullptr;
  size_t floats = 0;

  /** The area, at least so large. What it held is lost when it grows. */
  float* atLeast(size_t wanted) {
    if (floats >= wanted) return data;
    freeAligned(data);
    data = nullptr, floats = 0;
    wanted = (wanted + 1023) / 1024 * 1024;
    data = static_cast<float*>(::operator new(wanted * sizeof(float), kCacheLine));
    floats = wanted;
    return data;
  }
  ~ScratchArea() { freeAligned(data); }
};

}  // namespace tract
