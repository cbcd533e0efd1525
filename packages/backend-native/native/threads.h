// A pool of worker threads that splits loops. Work items are fixed by the caller, so results never depend on the number of threads.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tract {

/** Threads that take part in a loop, the caller's included; 1 within `concurrently`. Setting it starts or ends workers; at least 1. */
int threadCount();
void setThreadCount(int count);

/** Runs body(context, item) for item in [0, items), each thread its part of them and then what others have left; returns when all are done. Not reentrant. */
void runItems(int64_t items, void (*body)(void* context, int64_t item), void* context);

/** A 64-byte aligned scratch area of this thread, at least `floats` long; its content is undefined and lives until the next call with the same slot. */
float* scratch(int slot, size_t floats);

template <class Body>
void parallelFor(int64_t items, Body&& body) {
  if (items == 1) return body(int64_t{0});
  runItems(items, [](void* context, int64_t item) { (*static_cast<Body*>(context))(item); }, &body);
}

/** Which of the threads this is, from 0 for the caller. */
int threadIndex();

/** While it exists, this thread runs loops by itself. */
class SerialScope {
 public:
  SerialScope();
  ~SerialScope();
};

/** A loop whose items have loops of their own, which then are not split: each item is one thread's from its begin to its end. */
template <class Body>
void concurrently(int64_t items, Body&& body) {
  parallelFor(items, [&](int64_t item) {
    const SerialScope serial;
    body(item);
  });
}

}  // namespace tract
