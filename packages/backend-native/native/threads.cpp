#include "threads.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#define TRACT_PAUSE() _mm_pause()
#elif defined(__aarch64__)
#define TRACT_PAUSE() asm volatile("yield")
#else
#define TRACT_PAUSE() ((void)0)
#endif

namespace tract {
namespace {

constexpr int kSpins = 4000;  // about 50 microseconds: kernels follow each other closely, and waking a sleeping thread costs more

struct Pool {
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<uint64_t> generation{0};
  std::atomic<bool> stopping{false};
  std::atomic<int> busy{0};
  std::atomic<int64_t> next{0};
  int64_t items = 0;
  void (*body)(void*, int64_t) = nullptr;
  void* context = nullptr;

  void takeItems() {
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < items;) body(context, i);
  }

  void work(uint64_t seen) {
    for (;;) {
      for (int spin = 0; spin < kSpins && generation.load(std::memory_order_acquire) == seen; spin++) TRACT_PAUSE();
      if (generation.load(std::memory_order_acquire) == seen) {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return generation.load(std::memory_order_acquire) != seen; });
      }
      seen = generation.load(std::memory_order_acquire);
      if (stopping.load()) return;
      takeItems();
      busy.fetch_sub(1, std::memory_order_release);
    }
  }

  void announce() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      generation.fetch_add(1, std::memory_order_release);
    }
    wake.notify_all();
  }

  void stop() {
    stopping.store(true);
    announce();
    for (auto& worker : workers) worker.join();
    workers.clear();
    stopping.store(false);
  }
};

Pool* pool() {
  static Pool* instance = new Pool;  // never destroyed: its threads end with the process
  return instance;
}

struct Area {
  float* data = nullptr;
  size_t floats = 0;
  ~Area() { std::free(data); }
};

}  // namespace

int threadCount() { return static_cast<int>(pool()->workers.size()) + 1; }

void setThreadCount(int count) {
  Pool* p = pool();
  if (count < 1) count = 1;
  if (count == threadCount()) return;
  p->stop();
  const uint64_t seen = p->generation.load();
  for (int i = 1; i < count; i++) p->workers.emplace_back([p, seen] { p->work(seen); });
}

void runItems(int64_t items, void (*body)(void*, int64_t), void* context) {
  Pool* p = pool();
  if (p->workers.empty() || items <= 1) {
    for (int64_t i = 0; i < items; i++) body(context, i);
    return;
  }
  p->body = body;
  p->context = context;
  p->items = items;
  p->next.store(0, std::memory_order_relaxed);
  p->busy.store(static_cast<int>(p->workers.size()), std::memory_order_relaxed);
  p->announce();
  p->takeItems();
  while (p->busy.load(std::memory_order_acquire) != 0) TRACT_PAUSE();
}

float* scratch(int slot, size_t floats) {
  static thread_local Area areas[8];
  Area& area = areas[slot];
  if (area.floats < floats) {
    std::free(area.data);
    area.floats = (floats + 1023) / 1024 * 1024;
    area.data = static_cast<float*>(std::aligned_alloc(64, area.floats * sizeof(float)));
    if (!area.data) throw std::bad_alloc();
  }
  return area.data;
}

}  // namespace tract
