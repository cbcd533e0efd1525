// Memory aligned to a cache line on every platform: C's aligned_alloc is missing on Windows.
// Static, so that no object compiled for a newer instruction set lends its copy to the others.
#pragma once
#include <cstddef>
#include <new>

constexpr std::align_val_t kCacheLine{64};

/** Allocate `bytes` bytes aligned to 64, content undefined; nullptr where there is no memory. Freed by `freeAligned`. */
static inline void* allocateAligned(size_t bytes) { return ::operator new(bytes, kCacheLine, std::nothrow); }

static inline void freeAligned(void* memory) { ::operator delete(memory, kCacheLine); }
