// Kernels that only move data: concatenation, and one strided copy behind slices, transposes and padding.
#pragma once
#include <stdexcept>

#include "blocks.h"

namespace TRACT_ISA {

/** buffers: the parts [outer, inner_i], y [outer, sum of inner_i]; numbers: outer, then each inner_i. */
static void concat(const Call& call) {
  const int parts = call.bufferCount - 1;
  const int64_t outer = call.n(0);
  int64_t total = 0;
  for (int i = 0; i < parts; i++) total += call.n(1 + i);
  float* y = call.out(parts);
  if (outer == 1) {
    for (int i = 0; i < parts; y += call.n(1 + i), i++)
      forPieces(call.n(1 + i),
                [&](int64_t begin, int64_t end) { std::memcpy(y + begin, call.in(i) + begin, sizeof(float) * (end - begin)); });
    return;
  }
  forRows(outer, total, [&](int64_t row) {
    float* to = y + row * total;
    for (int i = 0; i < parts; i++) {
      const int64_t inner = call.n(1 + i);
      copyRun(to, call.in(i) + row * inner, inner);
      to += inner;
    }
  });
}

constexpr int kMaxRank = 6;

/** y[index . yStrides] = x[index . xStrides] for all indices below `sizes`; the last two axes are one tile, the others are walked. */
struct StridedCopy {
  int rank;
  int64_t sizes[kMaxRank], xStrides[kMaxRank], yStrides[kMaxRank];

  /** Rows [first, end) of one tile. */
  void tile(const float* x, float* y, int64_t first, int64_t end) const {
    const int last = rank - 1, before = rank - 2;
    const int64_t columns = sizes[last];
    if (xStrides[last] == 1 && yStrides[last] == 1) {
      for (int64_t r = first; r < end; r++) copyRun(y + r * yStrides[before], x + r * xStrides[before], columns);
      return;
    }
    constexpr int64_t kTile = 16;  // a transpose: small squares, so that both sides stay in the first-level cache
    for (int64_t r0 = first; r0 < end; r0 += kTile)
      for (int64_t c0 = 0; c0 < columns; c0 += kTile)
        for (int64_t r = r0; r < std::min(end, r0 + kTile); r++)
          for (int64_t c = c0; c < std::min(columns, c0 + kTile); c++)
            y[r * yStrides[before] + c * yStrides[last]] = x[r * xStrides[before] + c * xStrides[last]];
  }

  void run(const float* x, float* y) const {
    const int64_t rows = sizes[rank - 2], columns = sizes[rank - 1];
    const int64_t band = std::min(rows, std::max<int64_t>(16, kPiece / columns)), bands = (rows + band - 1) / band;
    int64_t tiles = 1;
    for (int a = 0; a < rank - 2; a++) tiles *= sizes[a];
    forRows(tiles * bands, band * columns, [&](int64_t item) {
      const int64_t first = item % bands * band;
      int64_t index = item / bands, xAt = 0, yAt = 0;
      for (int a = rank - 3; a >= 0; index /= sizes[a], a--) xAt += index % sizes[a] * xStrides[a], yAt += index % sizes[a] * yStrides[a];
      tile(x + xAt, y + yAt, first, std::min(rows, first + band));
    });
  }
};

/** buffers: x, y; numbers: xOffset, yOffset, fill (0 or 1), fill value, then sizes, x strides and y strides of 2 to 6 axes. Fills y first where asked. */
static void stridedCopy(const Call& call) {
  StridedCopy copy;
  copy.rank = (call.numberCount - 4) / 3;
  if (copy.rank < 2 || copy.rank > kMaxRank) throw std::invalid_argument("expected 2 to 6 axes");
  for (int a = 0; a < copy.rank; a++)
    copy.sizes[a] = call.n(4 + a), copy.xStrides[a] = call.n(4 + copy.rank + a), copy.yStrides[a] = call.n(4 + 2 * copy.rank + a);
  float* y = call.out(1);
  if (call.n(2) != 0)
    forPieces(static_cast<int64_t>(call.lengths[1]), [&](int64_t begin, int64_t end) { std::fill(y + begin, y + end, call.f(3)); });
  copy.run(call.in(0) + call.n(0), y + call.n(1));
}

#define TRACT_MOVEMENT_KERNELS TRACT_KERNEL(concat) TRACT_KERNEL(stridedCopy)

}  // namespace TRACT_ISA
