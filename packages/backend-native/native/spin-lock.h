// A lock for a few instructions, where the standard library may have no mutex (WebAssembly) or a thread may not sleep (the main thread of a page).
#pragma once
#include <atomic>

class SpinLock {
 public:
  void lock() {
    while (held.exchange(true, std::memory_order_acquire)) {
    }
  }
  void unlock() { held.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held{false};
};

/** Holds a lock while it exists. */
class Locked {
 public:
  explicit Locked(SpinLock& lock) : lock(lock) { lock.lock(); }
  ~Locked() { lock.unlock(); }
  Locked(const Locked&) = delete;

 private:
  SpinLock& lock;
};
