// The pool's threads are workers of JavaScript (thread.mjs), each of which calls `work` and stays there. In the build without shared memory there are none.
#include "threads.h"

#include <climits>

#include "export.h"
#include "failure.h"
#include "kernel-name.h"
#include "scratch-area.h"
#include "shared-loop.h"
#include "workers.h"

namespace tract {
namespace {

constexpr int kMost = 256;

Share shares[kMost];
SharedLoop loop{{}, shares};
ScratchArea areas[kMost][static_cast<int>(Area::count)];
void (*body)(void*, int64_t) = nullptr;
void* context = nullptr;
bool running = false;  // a loop is open that other threads may have joined

thread_local int ownIndex = 0;
thread_local bool serial = false;  // within concurrently

void takeItems(int self) {
  loop.takeItems(self, [](int64_t item) {
    if (!hasFailed()) body(context, item);
  });
}

#ifdef __wasm_atomics__
constexpr int kSpins = 100000;    // of a thread without work, before it sleeps: JavaScript between two small kernels takes some 100 microseconds now and then
constexpr int kPatience = 20000;  // of the caller for another thread's last item, before it gives the processor away
constexpr int64_t kDoze = 50000;  // nanoseconds that it then sleeps

bool mayWait = false;  // the calling thread: the main thread of a page may not
std::atomic<int> sleepers{0};

/** Sleeps while the loop's state is `state`, or for so long. */
void sleep(uint64_t state, int64_t nanoseconds) {
  __builtin_wasm_memory_atomic_wait64(reinterpret_cast<int64_t*>(&loop.state), static_cast<int64_t>(state), nanoseconds);
}

void sleepWhile(uint64_t seen) {
  sleepers++;
  for (uint64_t now; (now = loop.state.load()) >> SharedLoop::kNumberShift == seen;) sleep(now, -1);
  sleepers--;
}

void begin() {
  loop.begin(true);
  if (sleepers.load() > 0) __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&loop.state), UINT_MAX);
}

void close() {
  loop.close([](int spin) {
    if (mayWait && spin >= kPatience) sleep(loop.state.load(), kDoze);
  });
}
#else
void begin() {}
void close() {}
#endif

}  // namespace

int threadCount() { return serial ? 1 : loop.threads; }
int threadIndex() { return ownIndex; }

SerialScope::SerialScope() { serial = true; }
SerialScope::~SerialScope() { serial = false; }

void setThreadCount(int count) {
  loop.threads = count < 1 ? 1 : count > kMost ? kMost : count;
}

void runItems(int64_t items, void (*work)(void*, int64_t), void* with) {
  if (serial || loop.threads == 1 || items <= 1) {
    for (int64_t i = 0; i < items; i++) work(with, i);
    return;
  }
  body = work;
  context = with;
  loop.share(items);
  running = true;
  begin();
  takeItems(0);
  close();
  running = false;
  if (hasFailed()) __builtin_trap();
}

float* scratch(Area name, size_t floats) { return areas[ownIndex][static_cast<int>(name)].atLeast(floats); }

void leaveLoop() {
  if (running) close();
  running = serial = false;
}

}  // namespace tract

#ifdef __wasm_atomics__
/** How many threads there are from now on, and whether the calling one may sleep. The others are to call `work`; late ones are not waited for. */
TRACT_EXPORT(useThreads) void useThreads(int count, int callerMayWait) {
  tract::setThreadCount(count);
  tract::mayWait = callerMayWait != 0;
}

/** Takes part in loops for ever. After a trap it is called again. */
TRACT_EXPORT(work) void work(int self) {
  using namespace tract;
  ownIndex = self;
  serial = false;
  for (uint64_t seen = loop.number();;) {
    for (int spin = 0; spin < kSpins && loop.number() == seen; spin++) {
    }
    if (loop.number() == seen) sleepWhile(seen);
    seen = loop.number();
    if (!loop.join()) continue;
    if (self < loop.threads) takeItems(self);
    loop.leave();
  }
}

/** What a thread does after a trap in `work`. */
TRACT_EXPORT(recoverThread) void recoverThread() {
  noteTrap();
  kernelAtWork = nullptr;
  tract::loop.leave();
}
#endif
