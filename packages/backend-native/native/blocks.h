// Loops shared by the kernels that walk memory: fixed pieces for the threads, columns of a row in vectors, and sums that leave float32 early.
#pragma once
#include <algorithm>
#include <type_traits>

#include "simd.h"
#include "threads.h"

namespace TRACT_ISA {

constexpr int64_t kPiece = 16384;  // floats of one work item: 64 KiB, enough to pay for handing it to a thread
constexpr int64_t kTerms = 64;     // terms that a float32 sum may have before it is added to a float64 one

/** Runs body(begin, end) over fixed pieces of [0, n), in any order, on all threads. */
template <class Body>
static inline void forPieces(int64_t n, Body&& body) {
  tract::parallelFor((n + kPiece - 1) / kPiece, [&](int64_t item) { body(item * kPiece, std::min(n, (item + 1) * kPiece)); });
}

/** Runs body(row) for rows of `length` floats: short rows are handed to the threads by the piece. */
template <class Body>
static inline void forRows(int64_t rows, int64_t length, Body&& body) {
  const int64_t group = std::max<int64_t>(1, kPiece / std::max<int64_t>(1, length));
  tract::parallelFor((rows + group - 1) / group, [&](int64_t item) {
    for (int64_t row = item * group; row < std::min(rows, (item + 1) * group); row++) body(row);
  });
}

/** Runs step(i, width) over [begin, end) in vectors; width is W but at the end. */
template <class Step>
static inline void forVectors(int64_t begin, int64_t end, Step&& step) {
  int64_t i = begin;
  for (; i + W <= end; i += W) step(i, std::integral_constant<int, W>());
  if (i < end) step(i, static_cast<int>(end - i));
}

/** Calls body(size) with a size from 1 to Largest as a constant. */
template <int Largest, class Body>
static inline void withSize(int size, Body&& body) {
  if constexpr (Largest > 1)
    if (size < Largest) return withSize<Largest - 1>(size, body);
  body(std::integral_constant<int, Largest>());
}

static inline vf loadSome(const float* p, std::integral_constant<int, W>) { return load(p); }
static inline vf loadSome(const float* p, int width) { return loadPart(p, width); }
static inline void storeSome(float* p, vf v, std::integral_constant<int, W>) { store(p, v); }
static inline void storeSome(float* p, vf v, int width) { storePart(p, v, width); }

constexpr int64_t kAhead = 64;  // rows between asking for one and coming to it

/** A group of neighbouring columns: K vectors, or one vector that is not full. */
template <int K, class Width>
struct Span {
  static constexpr int vectors = K;
  int64_t column;
  Width width;
  vf get(const float* row, int k) const { return loadSome(row + column + k * W, width); }
  void put(float* row, int k, vf v) const { storeSome(row + column + k * W, v, width); }
  /** Asks the memory for vector k of a row that is read, or written, some rows from now. A processor's own prefetcher does not follow a walk over parts of rows. */
  template <bool written = false>
  void ask(const float* row, int k) const { __builtin_prefetch(row + column + k * W, written); }
};

/** Runs body(span) over all columns, K vectors at a time where that many are left. */
template <int K, class Body>
static inline void forSpans(int64_t columns, Body&& body) {
  int64_t c = 0;
  for (; c + K * W <= columns; c += K * W) body(Span<K, std::integral_constant<int, W>>{c, {}});
  for (; c + W <= columns; c += W) body(Span<1, std::integral_constant<int, W>>{c, {}});
  if (c < columns) body(Span<1, int>{c, static_cast<int>(columns - c)});
}

static inline int64_t paddedToVector(int64_t columns) { return (columns + W - 1) / W * W; }

static inline void addLanes(double* sum, vf v) {
  float lanes[W];
  store(lanes, v);
  for (int i = 0; i < W; i++) sum[i] += lanes[i];
}

static inline double* doubleScratch(tract::Area area, int64_t count) {
  return reinterpret_cast<double*>(tract::scratch(area, 2 * static_cast<size_t>(count)));
}

/** Copies a run of floats; short ones without the cost of a call. */
static inline void copyRun(float* to, const float* from, int64_t n) {
  if (n > 512) {
    std::memcpy(to, from, sizeof(float) * n);
    return;
  }
  int64_t i = 0;
  for (; i + W <= n; i += W) store(to + i, load(from + i));
  for (; i < n; i++) to[i] = from[i];
}

}  // namespace TRACT_ISA
