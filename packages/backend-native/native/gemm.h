// The one micro-kernel idea behind convolution, matmul and attention: a tile of C (MR rows x NR columns) stays in registers while k runs.
// The right operand is packed into panels of NR columns: panel[k][NR], zero-padded; the left one is read in place, by rows or by columns.
#pragma once
#include "blocks.h"

namespace TRACT_ISA {

constexpr int MR = W == 16 ? 12 : 6;  // 12 accumulators in 16 registers, 24 in AVX-512's 32
constexpr int NR = 2 * W;

static inline int64_t panelsOf(int64_t columns) { return (columns + NR - 1) / NR; }

template <int M>
struct Tile {
  vf c[M][2];
  void clear() {
    for (int r = 0; r < M; r++) c[r][0] = c[r][1] = vf{};
  }
};

/** What a product does between its steps, if nothing else. */
struct Nothing {
  void operator()() const {}
};
/**
 * Asks the memory for one place after the other, `step` floats apart: it answers while the product runs. Many requests at once would fill what the core has for
 * them, and the product would wait for its own operands.
 */
struct Ahead {
  const float* at;
  int64_t step;
  void operator()() { __builtin_prefetch(at), at += step; }
};

/** tile[r][:] += left(r) * b[0 ...] */
template <int M, class Left>
static inline void multiplyStep(Tile<M>& tile, Left&& left, const float* b) {
  const vf b0 = load(b), b1 = load(b + W);
#pragma GCC unroll 16
  for (int r = 0; r < M; r++) {
    const vf x = splat(left(r));
    tile.c[r][0] = multiplyAdd(x, b0, tile.c[r][0]);
    tile.c[r][1] = multiplyAdd(x, b1, tile.c[r][1]);
    endRow(tile.c[r][0], tile.c[r][1]);
  }
}

constexpr int64_t kSteps = W == 16 ? 4 : 1;  // of the depth, between two calls of `between`; with 16 registers more of them at once do not pay

/** tile[r][:] += sum over k of a[r][k] * b[k * bStep ...]; a panel's step is NR. Calls between() every kSteps. */
template <int M, class Between = Nothing>
static inline void multiplyRows(Tile<M>& tile, const float* const (&a)[M], int64_t depth, const float* b, int64_t bStep = NR, Between&& between = {}) {
  int64_t k = 0;
  for (; k + kSteps <= depth; k += kSteps) {
    between();
#pragma GCC unroll 4
    for (int64_t i = 0; i < kSteps; i++, b += bStep) multiplyStep<M>(tile, [&](int r) { return a[r][k + i]; }, b);
  }
  for (; k < depth; k++, b += bStep) multiplyStep<M>(tile, [&](int r) { return a[r][k]; }, b);
}

/** tile[r][:] += sum over k of a[k * aStep + r] * b[k * NR ...]. Calls between() every kSteps. */
template <int M, class Between = Nothing>
static inline void multiplyColumns(Tile<M>& tile, const float* a, int64_t aStep, int64_t depth, const float* b, Between&& between = {}) {
  int64_t k = 0;
  for (; k + kSteps <= depth; k += kSteps) {
    between();
#pragma GCC unroll 4
    for (int64_t i = 0; i < kSteps; i++, a += aStep, b += NR) multiplyStep<M>(tile, [&](int r) { return a[r]; }, b);
  }
  for (; k < depth; k++, a += aStep, b += NR) multiplyStep<M>(tile, [&](int r) { return a[r]; }, b);
}

/** Calls body(size, first) for tiles of at most MR rows that cover [0, rows), as even in size as can be; the size is a constant. */
template <class Body>
static inline void forTiles(int64_t rows, Body&& body) {
  int64_t tiles = (rows + MR - 1) / MR;
  for (int64_t first = 0; first < rows; tiles--) {
    const int size = static_cast<int>((rows - first + tiles - 1) / tiles);
    withSize<MR>(size, [&](auto constant) { body(constant, first); });
    first += size;
  }
}

/** Packs columns [panel*NR, ...) of b[k][n] (row stride `step`) into one panel. */
static inline void packPanel(float* panel, const float* b, int64_t step, int64_t depth, int64_t columns, int64_t index) {
  const int64_t from = index * NR;
  const int width = static_cast<int>(std::min<int64_t>(NR, columns - from));
  for (int64_t k = 0; k < depth; k++, panel += NR) {
    const float* row = b + k * step + from;
    if (width == NR) {
      store(panel, load(row));
      store(panel + W, load(row + W));
    } else {
      for (int j = 0; j < NR; j++) panel[j] = j < width ? row[j] : 0.0f;
    }
  }
}

/** The same for a transposed operand b[n][k] (row stride `step`). */
static inline void packPanelTransposed(float* panel, const float* b, int64_t step, int64_t depth, int64_t columns, int64_t index) {
  const int64_t from = index * NR;
  const int width = static_cast<int>(std::min<int64_t>(NR, columns - from));
  constexpr int64_t kRun = 64;  // a part of the panel that stays in the first-level cache while its columns are filled
  for (int64_t first = 0; first < depth; first += kRun) {
    const int64_t end = std::min(depth, first + kRun);
    for (int j = 0; j < NR; j++) {
      const float* row = b + (from + j) * step;
      for (int64_t k = first; k < end; k++) panel[k * NR + j] = j < width ? row[k] : 0.0f;
    }
  }
}

/** What happens to a finished tile row before it is stored at c: + bias, + residual, max(, 0). */
struct Epilogue {
  const float* bias = nullptr;      // [columns]
  const float* residual = nullptr;  // laid out as c
  bool relu = false;
  /** For the part of c that begins at `offset`. */
  Epilogue at(int64_t offset) const { return {bias, residual ? residual + offset : nullptr, relu}; }
};

/** Stores one tile at c (row stride `step`), columns [column, columns). */
template <int M>
static inline void storeTile(const Tile<M>& tile, float* c, int64_t step, int64_t column, int64_t columns, const Epilogue& end = {}) {
  const auto [bias, residual, relu] = end;
  const int width = static_cast<int>(std::min<int64_t>(NR, columns - column));
  if (width == NR) {
    const vf bias0 = bias ? load(bias + column) : vf{}, bias1 = bias ? load(bias + column + W) : vf{};
#pragma GCC unroll 16
    for (int r = 0; r < M; r++) {
      vf c0 = tile.c[r][0] + bias0, c1 = tile.c[r][1] + bias1;
      const int64_t at = r * step + column;
      if (residual) {
        c0 += load(residual + at);
        c1 += load(residual + at + W);
      }
      if (relu) c0 = vmax(c0, vf{}), c1 = vmax(c1, vf{});
      store(c + at, c0);
      store(c + at + W, c1);
    }
    return;
  }
  for (int r = 0; r < M; r++) {
    float row[NR];
    store(row, tile.c[r][0]);
    store(row + W, tile.c[r][1]);
    const int64_t at = r * step + column;
    for (int j = 0; j < width; j++) {
      const float value = row[j] + (bias ? bias[column + j] : 0.0f) + (residual ? residual[at + j] : 0.0f);
      c[at + j] = relu && value < 0 ? 0.0f : value;
    }
  }
}

/** How often a product calls `between`. */
static inline int64_t stepsOf(int64_t rows, int64_t depth, int64_t columns) { return (rows + MR - 1) / MR * panelsOf(columns) * (depth / kSteps); }

/** c[rows][columns] = a[rows][depth] * panels (+ epilogue); a and c have row strides. Calls between() now and then. */
template <class Between = Nothing>
static inline void rowsTimesPanels(const float* a, int64_t aStep, int64_t rows, int64_t depth, const float* panels, int64_t columns, float* c,
                                   int64_t cStep, Epilogue end = {}, Between&& between = {}) {
  for (int64_t p = 0; p < panelsOf(columns); p++) {
    const float* b = panels + p * depth * NR;
    forTiles(rows, [&](auto size, int64_t first) {
      constexpr int M = decltype(size)::value;
      const float* row[M];
      for (int r = 0; r < M; r++) row[r] = a + (first + r) * aStep;
      Tile<M> tile;
      tile.clear();
      multiplyRows<M>(tile, row, depth, b, NR, between);
      storeTile(tile, c + first * cStep, cStep, p * NR, columns, end.at(first * cStep));
    });
  }
}

/** c[rows][columns] (+)= transpose(a[depth][rows]) * panels; a's row stride is aStep. Calls between() now and then. */
template <class Between = Nothing>
static inline void columnsTimesPanels(const float* a, int64_t aStep, int64_t rows, int64_t depth, const float* panels, int64_t columns, float* c,
                                      int64_t cStep, bool accumulate, const float* bias = nullptr, Between&& between = {}) {
  for (int64_t p = 0; p < panelsOf(columns); p++) {
    const float* b = panels + p * depth * NR;
    forTiles(rows, [&](auto size, int64_t first) {
      constexpr int M = decltype(size)::value;
      Tile<M> tile;
      tile.clear();
      multiplyColumns<M>(tile, a + first, aStep, depth, b, between);
      float* at = c + first * cStep;
      storeTile(tile, at, cStep, p * NR, columns, {bias, accumulate ? at : nullptr});
    });
  }
}

}  // namespace TRACT_ISA
