// Kernels one after the other from a list that JavaScript has written down (kernel-list.ts), once or for each piece of a batch.
#pragma once
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.h"
#include "call.h"
#include "threads.h"

namespace {

/**
 * For each kernel: its index, how many buffers, how many numbers; for each buffer its slot (or -1: in the room, or -2: none), its offset there and its length,
 * in floats; the numbers.
 */
struct KernelList {
  const std::vector<Kernel>& table;
  const double* begin = nullptr;
  size_t length = 0;

  /** Piece i uses the part of each slot that lies i steps further on; a room serves one piece at a time. */
  void run(const Buffers& slots, const double* steps, int64_t pieces, const Buffers& rooms) const {
    const int64_t threads = tract::threadCount();
    // What is left over would keep some threads waiting for the others: there all work on one piece.
    const int64_t together = threads > 1 && rooms.data.size() >= static_cast<size_t>(threads) ? pieces / threads * threads : 0;
    std::mutex mutex;
    std::exception_ptr error;
    tract::sideBySide(together, [&](int64_t piece) {
      try {
        runPiece(piece, slots, steps, rooms, tract::threadIndex());
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        error = std::current_exception();
      }
    });
    if (error) std::rethrow_exception(error);
    for (int64_t piece = together; piece < pieces; piece++) runPiece(piece, slots, steps, rooms, 0);
  }

 private:
  void runPiece(int64_t piece, const Buffers& slots, const double* steps, const Buffers& rooms, int room) const {
    Buffers buffers;
    for (const double *at = begin, *end = begin + length; at < end;) {
      const Kernel& kernel = table.at(static_cast<size_t>(at[0]));
      const int bufferCount = static_cast<int>(at[1]), numberCount = static_cast<int>(at[2]);
      at += 3;
      buffers.data.clear(), buffers.lengths.clear();
      try {
        for (int i = 0; i < bufferCount; i++, at += 3) {
          const int slot = static_cast<int>(at[0]);
          const size_t floats = static_cast<size_t>(at[2]);
          if (slot == -2) {
            buffers.add(nullptr, floats);
            continue;
          }
          const size_t offset = static_cast<size_t>(at[1]) + (slot >= 0 && steps ? static_cast<size_t>(steps[slot]) * piece : 0);
          if (offset + floats > (slot == -1 ? rooms.lengths[room] : slots.lengths.at(slot))) throw std::out_of_range("buffer " + std::to_string(i) + " is too small");
          buffers.add((slot == -1 ? rooms.data[room] : slots.data[slot]) + offset, floats);
        }
        kernel.run(Call{buffers.data.data(), buffers.lengths.data(), at, bufferCount, numberCount});
      } catch (const std::exception& error) {
        throw std::runtime_error(std::string(kernel.name) + ": " + error.what());
      }
      at += numberCount;
    }
  }
};

}  // namespace
