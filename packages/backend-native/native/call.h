// How JavaScript calls a kernel: buffers and numbers, in an order that each kernel documents.
#pragma once
#include <cstddef>
#include <cstdint>

struct Call {
  float* const* buffers;  // nullptr where JavaScript passed undefined or null (an optional input)
  const size_t* lengths;  // in elements
  const double* numbers;  // shapes, flags, coefficients
  int bufferCount;
  int numberCount;

  const float* in(int i) const { return buffers[i]; }
  float* out(int i) const { return buffers[i]; }
  int64_t n(int i) const { return static_cast<int64_t>(numbers[i]); }
  float f(int i) const { return static_cast<float>(numbers[i]); }
  bool has(int i) const { return buffers[i] != nullptr; }
};

/** The number of the call from JavaScript that is at work. */
extern uint64_t callNumber;

struct Kernel {
  const char* name;
  void (*run)(const Call&);
};

/** The kernels of one instruction set, ended by a null name. */
typedef const Kernel* (*KernelTable)();
