// Transformed filters kept from call to call: a network that draws one image at a time spends most of its convolutions on transforming them.
#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "aligned.h"
#include "call.h"

namespace TRACT_ISA {

/** Areas by a key that names a filter's content; JavaScript makes the keys, and drops one when the content changes or goes. One cache for each instruction set. */
class FilterCache {
 public:
  /**
   * The area of that key, and whether its content is there, which otherwise is to be brought and announced by `filled`; several threads may ask. Null without
   * a key, for a large filter, once the cache is full, and while another thread fills the area. Null also in the call in which the key is new: a filter in
   * training changes before the next call, and is better packed where each thread has it at hand.
   */
  float* find(int64_t key, int64_t floats, bool& ready) {
    ready = false;
    if (key == 0) return nullptr;
    const std::lock_guard<std::mutex> lock(mutex);
    Entry& entry = entries.try_emplace(key, Entry{callNumber}).first->second;
    if (entry.data) return (ready = entry.ready) ? entry.data : nullptr;
    if (entry.firstCall == callNumber || floats > kLargest || total + floats > kLimit) return nullptr;
    entry.data = static_cast<float*>(allocateAligned(sizeof(float) * floats));
    if (!entry.data) return nullptr;
    total += entry.floats = floats;
    return entry.data;
  }

  void filled(int64_t key) {
    const std::lock_guard<std::mutex> lock(mutex);
    entries.at(key).ready = true;
  }

  void drop(int64_t key) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = entries.find(key);
    if (found == entries.end()) return;
    total -= found->second.floats;
    freeAligned(found->second.data);
    entries.erase(found);
  }

 private:
  struct Entry {
    uint64_t firstCall;
    float* data = nullptr;
    int64_t floats = 0;
    bool ready = false;
  };
  static constexpr int64_t kLargest = 1 << 20, kLimit = 8 << 20;  // 4 MB a filter, 32 MB in all: what a network that is quick with one image needs
  std::mutex mutex;
  std::unordered_map<int64_t, Entry> entries;
  int64_t total = 0;
};

static inline FilterCache& filterCache() {
  static FilterCache cache;
  return cache;
}

}  // namespace TRACT_ISA
