// A loop whose items several threads take, whatever the threads are and however they sleep.
#pragma once
#include <atomic>
#include <cstdint>

namespace tract {

/** The items of a loop that are one thread's to begin with. In a line of memory of its own. */
struct alignas(64) Share {
  std::atomic<int64_t> next{0};
  int64_t end = 0;
};

/** The loop of a pool of threads: one after the other, each under its own number. */
struct SharedLoop {
  // The state in one word: the loop's number, whether threads may still join it, and how many have joined and not left.
  static constexpr uint64_t kJoined = 0xffff, kOpen = 0x10000;
  static constexpr int kNumberShift = 17;

  std::atomic<uint64_t> state{0};
  Share* shares = nullptr;  // one for each thread, the caller's first
  int threads = 1;

  uint64_t number() const { return state.load() >> kNumberShift; }

  /** Neighbouring items to each thread, the same in every loop: what it wrote in the last one is in its own cache. */
  void share(int64_t items) {
    for (int64_t i = 0; i < threads; i++) {
      shares[i].next.store(items * i / threads, std::memory_order_relaxed);
      shares[i].end = items * (i + 1) / threads;
    }
  }

  /** Calls body(item) for a thread's own items, and then for what the others have not begun. */
  template <class Body>
  void takeItems(int self, Body&& body) {
    for (int i = 0; i < threads; i++) {
      Share& from = shares[(self + i) % threads];
      for (int64_t item; (item = from.next.fetch_add(1, std::memory_order_relaxed)) < from.end;) body(item);
    }
  }

  /** Begins loop number + 1, which threads may join if it is open. */
  void begin(bool open) { state.store((number() + 1) << kNumberShift | (open ? kOpen : 0)); }

  /** False when the loop is over: whoever comes late must not touch it, for the next one may be on its way. */
  bool join() {
    uint64_t now = state.load(std::memory_order_acquire);
    while (now & kOpen)
      if (state.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) return true;
    return false;
  }

  void leave() { state.fetch_sub(1, std::memory_order_release); }

  /** Ends the loop once all its items are taken, and waits for the threads that joined, calling pause(how often so far); one that sleeps is not waited for. */
  template <class Pause>
  void close(Pause&& pause) {
    state.fetch_and(~kOpen, std::memory_order_acq_rel);
    for (int spin = 0; (state.load(std::memory_order_acquire) & kJoined) != 0; spin++) pause(spin);
  }
};

}  // namespace tract
