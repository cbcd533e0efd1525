#include "threads.h"

#include "scratch-area.h"
#include "shared-loop.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
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
    20000;  // of a worker without work, some 300 us: JavaScript between two kernels takes that long now and then, waking costs more
constexpr int kPatience = 4000;  // of the caller for the last item of another thread, which may not be running at all on a busy machine

thread_local int ownIndex = 0;
thread_local bool serial = false;  // within concurrently

struct Pool {
  std::vector<std::thread> workers;
  std::unique_ptr<Share[]> shares;
  SharedLoop loop;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<bool> stopping{false};
  void (*body)(void*, int64_t) = nullptr;
  void* context = nullptr;
  std::atomic<bool> failed{false};
  std::exception_ptr error;  // of the first body that threw; read once all threads have left

  void takeItems(int self) {
    loop.takeItems(self, [this](int64_t item) {
      if (failed.load(std::memory_order_relaxed)) return;
      try {
        body(context, item);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    });
  }

  void work(int self, uint64_t seen) {
    ownIndex = self;
    for (;;) {
      for (int spin = 0; spin < kSpins && loop.number() == seen; spin++) TRACT_PAUSE();
      if (loop.number() == seen) {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return loop.number() != seen; });
      }
      if (stopping.load()) return;
      seen = loop.number();
      if (!loop.join()) continue;
      takeItems(self);
      loop.leave();
    }
  }

  void begin(bool open) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      loop.begin(open);
    }
    wake.notify_all();
  }

  void close() {
    loop.close([](int spin) {
      if (spin < kPatience)
        TRACT_PAUSE();
      else
        std::this_thread::yield();
    });
  }

  void stop() {
    stopping.store(true);
    begin(false);
    for (auto& worker : workers) worker.join();
    workers.clear();
    stopping.store(false);
  }
};

Pool* pool() {
  static Pool* instance = new Pool;  // never destroyed: its threads end with the process
  return instance;
}

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
  const uint64_t seen = p->loop.number();
  p->shares = std::make_unique<Share[]>(count);
  p->loop.shares = p->shares.get();
  p->loop.threads = count;
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
  p->loop.share(items);
  p->begin(true);
  p->takeItems(0);
  p->close();
  if (!p->failed.exchange(false)) return;
  std::rethrow_exception(std::exchange(p->error, nullptr));
}

float* scratch(Area name, size_t floats) {
  static thread_local ScratchArea areas[static_cast<int>(Area::count)];
  return areas[static_cast<int>(name)].atLeast(floats);
}

}  // namespace tract
