// How JavaScript calls a kernel: buffers and numbers, in the order of the kernel's struct (reader.h).
#pragma once
#include <cstddef>
#include <cstdint>

struct Call {
  float* const* buffers;  // nullptr where JavaScript passed undefined or null (an optional input)
  const size_t* lengths;  // in elements
  const double* numbers;
  int bufferCount;
  int numberCount;
};

/** The number of the call from JavaScript that is at work. */
extern uint64_t callNumber;

struct Kernel {
  const char* name;
  void (*run)(const Call&);
};

/** The kernels of one instruction set, in the table's order, ended by a null name. */
typedef const Kernel* (*KernelTable)();
