// Sum, mean and maximum over the middle axis of [outer, reduced, inner].
#pragma once
#include <limits>

#include "blocks.h"
#include "kernel-args.h"

namespace TRACT_ISA {

struct SumOf {
  static constexpr float start = 0.0f;
  static vf step(vf sum, vf x) { return sum + x; }
  static double merge(double a, double b) { return a + b; }
};
struct MaxOf {
  static constexpr float start = -std::numeric_limits<float>::infinity();
  static vf step(vf top, vf x) { return select((top > x) | (top != top), top, x); }  // a NaN stays
  static double merge(double a, double b) { return a > b || a != a ? a : b; }
};

template <class R>
static inline void mergeLanes(double* into, vf v, int width) {
  float lanes[W];
  store(lanes, v);
  for (int i = 0; i < width; i++) into[i] = R::merge(into[i], lanes[i]);
}

/** One contiguous run. */
template <class R>
static double reduceRun(const float* x, int64_t n) {
  double lanes[W];
  std::fill(lanes, lanes + W, static_cast<double>(R::start));
  int64_t i = 0;
  while (i + W <= n) {
    vf acc[4];
    for (vf& a : acc) a = splat(R::start);
    const int64_t stop = std::min(n, i + 4 * W * kTerms);
    for (; i + 4 * W <= stop; i += 4 * W)
      for (int k = 0; k < 4; k++) acc[k] = R::step(acc[k], load(x + i + k * W));
    for (; i + W <= stop; i += W) acc[0] = R::step(acc[0], load(x + i));
    for (const vf& a : acc) mergeLanes<R>(lanes, a, W);
  }
  double result = R::start;
  for (const double lane : lanes) result = R::merge(result, lane);
  for (; i < n; i++) result = R::merge(result, x[i]);
  return result;
}

/** Rows of `step` floats, of which `columns` are reduced into into[columns]. */
template <class R>
static void reduceColumns(const float* x, int64_t rows, int64_t step, int64_t columns, double* into) {
  std::fill(into, into + columns, static_cast<double>(R::start));
  for (int64_t from = 0; from < rows; from += kTerms) {
    const float* first = x + from * step;
    const int64_t count = std::min(kTerms, rows - from);
    forSpans<4>(columns, [&](auto span) {
      constexpr int K = decltype(span)::vectors;
      vf acc[K];
      for (vf& a : acc) a = splat(R::start);
      for (int64_t r = 0; r < count; r++)
        for (int k = 0; k < K; k++) acc[k] = R::step(acc[k], span.get(first + r * step, k));
      for (int k = 0; k < K; k++) mergeLanes<R>(into + span.column + k * W, acc[k], span.width);
    });
  }
}

/** y = finish(reduction in float64). */
template <class R, class Finish>
static void reduce(const ReduceArgs& args, Finish finish) {
  constexpr int64_t kColumns = 512;
  const float* x = args.x;
  float* y = args.y;
  const int64_t outer = args.outer, reduced = args.reduced, inner = args.inner;
  const auto one = [&](int64_t o, int64_t firstRow, int64_t rows, int64_t column, int64_t columns, double* into) {
    const float* from = x + (o * reduced + firstRow) * inner + column;
    if (inner == 1)
      into[0] = reduceRun<R>(from, rows);
    else
      reduceColumns<R>(from, rows, inner, columns, into);
  };
  if (reduced * inner <= 2 * kPiece && inner <= kColumns) {  // small: several outer indices make a work item
    return forRows(outer, reduced * inner, [&](int64_t o) {
      double result[kColumns];
      one(o, 0, reduced, 0, inner, result);
      for (int64_t i = 0; i < inner; i++) y[o * inner + i] = finish(result[i]);
    });
  }
  const int64_t columnBlocks = (inner + kColumns - 1) / kColumns, rowsPerPart = std::max<int64_t>(kTerms, 2 * kPiece / std::min(inner, kColumns));
  const int64_t parts = std::max<int64_t>(1, (reduced + rowsPerPart - 1) / rowsPerPart);
  double* partial = doubleScratch(tract::Area::shared, parts * outer * inner);  // [part][outer][inner]
  tract::parallelFor(outer * parts * columnBlocks, [&](int64_t item) {
    const int64_t block = item % columnBlocks, part = item / columnBlocks % parts, o = item / columnBlocks / parts;
    const int64_t column = block * kColumns, first = part * rowsPerPart;
    one(o, first, std::min(rowsPerPart, reduced - first), column, std::min(kColumns, inner - column), partial + (part * outer + o) * inner + column);
  });
  forPieces(outer * inner, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      double result = partial[i];
      for (int64_t part = 1; part < parts; part++) result = R::merge(result, partial[part * outer * inner + i]);
      y[i] = finish(result);
    }
  });
}

static void sum(const ReduceArgs& args) {
  reduce<SumOf>(args, [](double s) { return static_cast<float>(s); });
}
static void mean(const ReduceArgs& args) {
  const double count = static_cast<double>(args.reduced);
  reduce<SumOf>(args, [count](double s) { return static_cast<float>(s / count); });
}
static void max(const ReduceArgs& args) {
  reduce<MaxOf>(args, [](double top) { return static_cast<float>(top); });
}

}  // namespace TRACT_ISA
