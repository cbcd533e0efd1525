// A pool of worker threads that splits loops. Work items are fixed by the caller, so results never depend on the number of threads.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tract {

/** Threads that take part in a loop, the caller's included; 1 within `concurrently`. Setting it starts or ends workers; at least 1. */
int threadCount();
void setThreadCount(int count);

/**
 * Runs body(context, item) for item in [0, items), each thread its part of them and then what others have left; returns when all are done. Not reentrant.
 * If bodies throw, the first exception is thrown on here once all threads have left the loop; items that were not begun are skipped.
 */
void runItems(int64_t items, void (*body)(void* context, int64_t item), void* context);

/** Scratch areas of a thread. Kernels use them one after the other; within a kernel each name is other memory. */
enum class Area {
  shared,    // of the calling thread, for all: packed operands, partial sums of a loop's items
  operand,   // of one item: the left operand of its products, such as a band of an image or transformed tiles
  product,   // of one item: products, or the right operand where they go to the result
  panel,     // of one item: a packed panel, a row of logits or of coefficients
  gradient,  // of one item, beside `panel` in a backward pass
  turned,    // of one item: an operand with its axes exchanged
  pending,   // of the calling thread: sums that wait for the next loop
  zeros,     // of the calling thread: what lies outside an image
  count
};

/** A 64-byte aligned area of this thread, at least `floats` long; its content is undefined and lives until the next call with the same area. */
float* scratch(Area area, size_t floats);

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
