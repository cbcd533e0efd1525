// Transformed filters kept from call to call: a network that draws one image at a time spends most of its convolutions on transforming them.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <unordered_map>

namespace TRACT_ISA {

/** Areas by a key that names a filter's content; JavaScript makes the keys, and drops one when the content changes or goes. One cache for each instruction set. */
class FilterCache {
 public:
  /**
   * The area of that key, and whether it was there already; null without a key, for a large filter, or once the cache is full. Null also when the key is new:
   * a filter in training changes before it is asked for again, and is better packed where each thread has it at hand.
   */
  float* find(int64_t key, int64_t floats, bool& ready) {
    ready = false;
    if (key == 0) return nullptr;
    const auto [entry, unknown] = entries.try_emplace(key);
    if (unknown) return nullptr;
    if (entry->second.data) return ready = true, entry->second.data;
    if (floats > kLargest || total + floats > kLimit) return nullptr;
    float* data = static_cast<float*>(std::aligned_alloc(64, sizeof(float) * ((floats + 15) / 16 * 16)));
    if (!data) return nullptr;
    entry->second = {data, floats};
    total += floats;
    return data;
  }

  void drop(int64_t key) {
    const auto found = entries.find(key);
    if (found == entries.end()) return;
    total -= found->second.floats;
    std::free(found->second.data);
    entries.erase(found);
  }

 private:
  struct Entry {
    float* data = nullptr;
    int64_t floats = 0;
  };
  static constexpr int64_t kLargest = 1 << 20, kLimit = 8 << 20;  // 4 MB a filter, 32 MB in all: what a network that is quick with one image needs
  std::unordered_map<int64_t, Entry> entries;
  int64_t total = 0;
};

static inline FilterCache& filterCache() {
  static FilterCache cache;
  return cache;
}

}  // namespace TRACT_ISA
