// Runs the launches of a program from the list that JavaScript encoded (native-program.ts), once or for each chunk of a batch.
#pragma once
#include <cstdint>
#include <vector>

#include "buffers.h"
#include "call.h"
#include "kernel-name.h"
#include "refuse.h"
#include "threads.h"

namespace {

/**
 * For each launch: the kernel's index, how many operands, how many numbers; for each operand its space (-1: the arena, -2: absent), its offset there and
 * its length, in floats; the numbers.
 */
struct KernelList {
  const std::vector<Kernel>& table;
  const double* begin = nullptr;
  size_t length = 0;

  /** Runs all chunks. Chunk i uses the part of each space that lies i steps further on; an arena serves one chunk at a time. */
  void run(const Buffers& spaces, const double* steps, int64_t chunks, const Buffers& arenas) const {
    const int64_t threads = tract::threadCount();
    // What is left over would keep some threads waiting for the others: there all work on one chunk.
    const int64_t concurrent = threads > 1 && arenas.data.size() >= static_cast<size_t>(threads) ? chunks / threads * threads : 0;
    tract::concurrently(concurrent, [&](int64_t chunk) { runChunk(chunk, spaces, steps, arenas, tract::threadIndex()); });
    for (int64_t chunk = concurrent; chunk < chunks; chunk++) runChunk(chunk, spaces, steps, arenas, 0);
  }

 private:
  void runChunk(int64_t chunk, const Buffers& spaces, const double* steps, const Buffers& arenas, int arena) const {
    Buffers buffers;
    for (const double *at = begin, *end = begin + length; at < end;) {
      const Kernel& kernel = table.at(static_cast<size_t>(at[0]));
      const int bufferCount = static_cast<int>(at[1]), numberCount = static_cast<int>(at[2]);
      at += 3;
      buffers.data.clear(), buffers.lengths.clear();
      onBehalfOf(kernel.name, [&] {
        for (int i = 0; i < bufferCount; i++, at += 3) {
          const int space = static_cast<int>(at[0]);
          const size_t floats = static_cast<size_t>(at[2]);
          if (space == -2) {
            buffers.add(nullptr, floats);
            continue;
          }
          const size_t offset = static_cast<size_t>(at[1]) + (space >= 0 && steps ? static_cast<size_t>(steps[space]) * chunk : 0);
          if (offset + floats > (space == -1 ? arenas.lengths[arena] : spaces.lengths.at(space))) refuseOperand(i);
          buffers.add((space == -1 ? arenas.data[arena] : spaces.data[space]) + offset, floats);
        }
        kernel.run(Call{buffers.data.data(), buffers.lengths.data(), at, bufferCount, numberCount});
      });
      at += numberCount;
    }
  }
};

}  // namespace
