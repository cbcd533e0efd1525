// The heap of the module: C++'s own memory and that of JavaScript. The C library's knows nothing of threads, and takes twice what it is asked for where that is large.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>

#include "failure.h"
#include "spin-lock.h"

extern "C" char __heap_base;  // where the linker's own data ends

namespace {

constexpr size_t kLine = 64;  // blocks are whole lines, and begin with one for themselves
constexpr size_t kPage = 65536;
constexpr size_t kGrowth = 16 * kPage;  // at least so much at once: views of JavaScript's are lost each time

/** A stretch of whole lines; while it is free, in a list by address. */
struct Block {
  size_t bytes;
  Block* next;

  char* end() { return reinterpret_cast<char*>(this) + bytes; }
};

SpinLock lock;
Block* freeBlocks = nullptr;

size_t linesFor(size_t bytes) { return (bytes + 2 * kLine - 1) / kLine * kLine; }

/** Puts a block into the list, and joins it with its neighbours there. */
void give(Block* block) {
  Block *before = nullptr, *after = freeBlocks;
  while (after && after < block) before = after, after = after->next;
  if (after && block->end() == reinterpret_cast<char*>(after)) block->bytes += after->bytes, after = after->next;
  block->next = after;
  if (!before) {
    freeBlocks = block;
  } else if (before->end() == reinterpret_cast<char*>(block)) {
    before->bytes += block->bytes, before->next = after;
  } else {
    before->next = block;
  }
}

/** The first block that serves; what is left of it stays in the list. */
Block* take(size_t bytes) {
  for (Block** at = &freeBlocks; *at; at = &(*at)->next) {
    Block* block = *at;
    if (block->bytes < bytes) continue;
    if (block->bytes == bytes) {
      *at = block->next;
    } else {
      Block* rest = reinterpret_cast<Block*>(reinterpret_cast<char*>(block) + bytes);
      *rest = {block->bytes - bytes, block->next};
      *at = rest;
      block->bytes = bytes;
    }
    return block;
  }
  return nullptr;
}

/** More memory for the list. Returns whether there was some. */
bool grow(size_t bytes) {
  static bool begun = false;
  if (!begun) {  // what the first pages have left
    begun = true;
    const uintptr_t first = (reinterpret_cast<uintptr_t>(&__heap_base) + kLine - 1) / kLine * kLine;
    give(new (reinterpret_cast<void*>(first)) Block{__builtin_wasm_memory_size(0) * kPage - first, nullptr});
    return true;
  }
  for (const size_t wanted : {bytes > kGrowth ? bytes : kGrowth, bytes}) {
    const size_t more = wanted / kPage + 1;
    // Not memory_size before it: that is what this thread has heard of, and V8 tells a thread later when another has grown the memory.
    const size_t before = __builtin_wasm_memory_grow(0, more);
    if (before == SIZE_MAX) continue;
    give(new (reinterpret_cast<void*>(before * kPage)) Block{more * kPage, nullptr});
    return true;
  }
  return false;
}

/** Aligned to a line; null where there is no memory. */
void* allocated(size_t bytes) {
  if (bytes > SIZE_MAX - 4 * kPage) return nullptr;
  const Locked locked(lock);
  const size_t wanted = linesFor(bytes);
  Block* block = take(wanted);
  while (!block && grow(wanted)) block = take(wanted);
  return block ? reinterpret_cast<char*>(block) + kLine : nullptr;
}

void freed(void* memory) {
  if (!memory) return;
  const Locked locked(lock);
  give(reinterpret_cast<Block*>(static_cast<char*>(memory) - kLine));
}

// A call of its own: engines tell a thread at the begin of a function that another has grown the memory, and bulk stores go by what it was told.
__attribute__((noinline)) void* found(void* memory) {
  if (!memory) fail(Failure::memory, "no memory is left for its working space");
  return memory;
}

}  // namespace

void* operator new(size_t bytes) { return found(allocated(bytes)); }
void* operator new(size_t bytes, std::align_val_t) { return found(allocated(bytes)); }
void* operator new(size_t bytes, std::align_val_t, const std::nothrow_t&) noexcept { return allocated(bytes); }
void operator delete(void* memory) noexcept { freed(memory); }
void operator delete(void* memory, size_t) noexcept { freed(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { freed(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { freed(memory); }

const std::nothrow_t std::nothrow{};

/** Where the library would print before it ends the process. */
_LIBCPP_BEGIN_NAMESPACE_STD
void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
