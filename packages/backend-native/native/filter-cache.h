// Transformed filters kept from call to call: a network that draws one image at a time spends most of its convolutions on transforming them.
#pragma once
#include <cstdint>
#include <map>
#include <utility>

#include "aligned.h"
#include "call.h"
#include "spin-lock.h"

namespace TRACT_ISA {

/** Transformed filters by the address and size of the filter. JavaScript drops those in memory that is overwritten or freed. One cache per instruction set. */
class FilterCache {
 public:
  /** Where a filter lies, and its number of rows [kh * kw * Ci]. A null address is never kept. */
  typedef std::pair<uintptr_t, int64_t> Key;

  /**
   * Returns the area of that key, and in `ready` whether its content is there; otherwise the caller brings it and calls `filled`. Returns nullptr if: the address
   * is null; filter > 4 MB; cache full (32 MB); another thread is filling it; or first use of the key (a filter in training would be stale by the next call, and is
   * better packed where each thread has it at hand).
   */
  float* find(Key key, int64_t floats, bool& ready) {
    ready = false;
    if (!key.first) return nullptr;
    const Locked locked(lock);
    Entry& entry = entries.try_emplace(key, Entry{callNumber}).first->second;
    if (entry.data) return (ready = entry.ready) ? entry.data : nullptr;
    if (entry.firstCall == callNumber || floats > kLargest || total + floats > kLimit) return nullptr;
    entry.data = static_cast<float*>(allocateAligned(sizeof(float) * floats));
    if (!entry.data) return nullptr;
    total += entry.floats = floats;
    return entry.data;
  }

  void filled(Key key) {
    const Locked locked(lock);
    entries.at(key).ready = true;
  }

  /** Drops all filters that begin in [from, to). */
  void drop(const float* from, const float* to) {
    const Locked locked(lock);
    const auto first = entries.lower_bound({reinterpret_cast<uintptr_t>(from), 0}), last = entries.lower_bound({reinterpret_cast<uintptr_t>(to), 0});
    for (auto entry = first; entry != last; ++entry) {
      total -= entry->second.floats;
      freeAligned(entry->second.data);
    }
    entries.erase(first, last);
  }

 private:
  struct Entry {
    uint64_t firstCall;
    float* data = nullptr;
    int64_t floats = 0;
    bool ready = false;
  };
  static constexpr int64_t kLargest = 1 << 20,
                           kLimit = 8 << 20;  // 4 MB a filter, 32 MB in all: what a network that is quick with one image needs
  SpinLock lock;
  std::map<Key, Entry> entries;
  int64_t total = 0;
};

static inline FilterCache& filterCache() {
  static FilterCache cache;
  return cache;
}

}  // namespace TRACT_ISA
