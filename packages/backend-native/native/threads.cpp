#include "threads.h"

#include "aligned.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
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

constexpr int kSpins =
    20000;  // of a worker without work, some 300 microseconds: JavaScript between two small kernels takes that long now and then, and waking a thread costs more
constexpr int kPatience = 4000;  // of the caller for the last item of another thread, which may not be running at all on a busy machine

// The state of the current loop in one word: its number, whether threads may still join it, and how many have joined and not left.
constexpr uint64_t kJoined = 0xffff, kOpen = 0x10000;
constexpr int kNumberShift = 17;

/** The items of a loop that are one thread's to begin with. In a line of memory of its own. */
struct alignas(64) Share {
  std::atomic<int64_t> next{0};
  int64_t end = 0;
};

thread_local int ownIndex = 0;
thread_local bool serial = false;  // within concurrently

struct Pool {
  std::vector<std::thread> workers;
  std::unique_ptr<Share[]> shares;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<uint64_t> state{0};
  std::atomic<bool> stopping{false};
  void (*body)(void*, int64_t) = nullptr;
  void* context = nullptr;
  std::atomic<bool> failed{false};
  std::exception_ptr error;  // of the first body that threw; read once all threads have left

  uint64_t number() const { return state.load(std::memory_order_acquire) >> kNumberShift; }

  /** Neighbouring items to each thread, the same in every loop: what it wrote in the last one is in its own cache. */
  void share(int64_t items) {
    const int64_t threads = static_cast<int64_t>(workers.size()) + 1;
    for (int64_t i = 0; i < threads; i++) {
      shares[i].next.store(items * i / threads, std::memory_order_relaxed);
      shares[i].end = items * (i + 1) / threads;
    }
  }

  /** Its own items, and then what the others have not begun. */
  void takeItems(size_t self) {
    for (size_t i = 0; i <= workers.size(); i++) {
      Share& from = shares[(self + i) % (workers.size() + 1)];
      for (int64_t item; (item = from.next.fetch_add(1, std::memory_order_relaxed)) < from.end;) {
        if (failed.load(std::memory_order_relaxed)) continue;
        try {
          body(context, item);
        } catch (...) {
          if (!failed.exchange(true)) error = std::current_exception();
        }
      }
    }
  }

  /** False when the loop is over: whoever comes late must not touch it, for the next one may be on its way. */
  bool join() {
    uint64_t now = state.load(std::memory_order_acquire);
    while (now & kOpen)
      if (state.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) return true;
    return false;
  }

  void work(size_t self, uint64_t seen) {
    ownIndex = static_cast<int>(self);
    for (;;) {
      for (int spin = 0; spin < kSpins && number() == seen; spin++) TRACT_PAUSE();
      if (number() == seen) {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return number() != seen; });
      }
      if (stopping.load()) return;
      seen = number();
      if (!join()) continue;
      takeItems(self);
      state.fetch_sub(1, std::memory_order_release);
    }
  }

  /** Announces loop number + 1. */
  void announce(uint64_t flags) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      state.store((number() + 1) << kNumberShift | flags, std::memory_order_release);
    }
    wake.notify_all();
  }

  /** Ends the loop once all its items are taken, and waits for the threads that joined; one that sleeps is not waited for. */
  void close() {
    state.fetch_and(~kOpen, std::memory_order_acq_rel);
    for (int spin = 0; (state.load(std::memory_order_acquire) & kJoined) != 0; spin++) {
      if (spin < kPatience)
        TRACT_PAUSE();
      else
        std::this_thread::yield();
    }
  }

  void stop() {
    stopping.store(true);
    announce(0);
    for (auto& worker : workers) worker.join();
    workers.clear();
    stopping.store(false);
  }
};

Pool* pool() {
  static Pool* instance = new Pool;  // never destroyed: its threads end with the process
  return instance;
}

struct Memory {
  float* data = nullptr;
  size_t floats = 0;
  ~Memory() { freeAligned(data); }
};

}  // namespace

int threadCount() { return serial ? 1 : static_cast<int>(pool()->workers.size()) + 1; }
int threadIndex() { return ownIndex; }

SerialScope::SerialScope() { serial = true; }
SerialScope::~SerialScope() { serial = false; }

void setThreadCount(int count) {
  Pool* p = pool();
  if (count < 1) count = 1;
  if (count == threadCount()) return;
  p->stop();
  const uint64_t seen = p->number();
  p->shares = std::make_unique<Share[]>(count);
  for (int i = 1; i < count; i++) p->workers.emplace_back([p, i, seen] { p->work(i, seen); });
}

void runItems(int64_t items, void (*body)(void*, int64_t), void* context) {
  Pool* p = pool();
  if (serial || p->workers.empty() || items <= 1) {
    for (int64_t i = 0; i < items; i++) body(context, i);
    return;
  }
  p->body = body;
  p->context = context;
  p->share(items);
  p->announce(kOpen);
  p->takeItems(0);
  p->close();
  if (!p->failed.exchange(false)) return;
  std::rethrow_exception(std::exchange(p->error, nullptr));
}

float* scratch(Area name, size_t floats) {
  static thread_local Memory areas[static_cast<int>(Area::count)];
  Memory& area = areas[static_cast<int>(name)];
  if (area.floats < floats) {
    freeAligned(area.data);
    area.floats = 0;
    const size_t wanted = (floats + 1023) / 1024 * 1024;
    area.data = static_cast<float*>(allocateAligned(wanted * sizeof(float)));
    if (!area.data) throw std::bad_alloc();
    area.floats = wanted;
  }
  return area.data;
}

}  // namespace tract
