// Kernels that only move data: concatenation, and one strided copy behind slices, transposes and padding.
#pragma once
#include "blocks.h"
#include "kernel-args.h"
#include "refuse.h"

namespace TRACT_ISA {

static void concat(const ConcatArgs& args) {
  const int64_t outer = args.outer, total = args.y.length / outer;
  const auto innerOf = [&](int i) { return static_cast<int64_t>(args.parts.lengths[i]) / outer; };
  if (outer == 1) {
    float* y = args.y;
    for (int i = 0; i < args.parts.count; y += innerOf(i), i++)
      forPieces(innerOf(i), [&](int64_t begin, int64_t end) { std::memcpy(y + begin, args.parts[i] + begin, sizeof(float) * (end - begin)); });
    return;
  }
  forRows(outer, total, [&](int64_t row) {
    float* to = args.y + row * total;
    for (int i = 0; i < args.parts.count; i++) {
      const int64_t inner = innerOf(i);
      copyRun(to, args.parts[i] + row * inner, inner);
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

static void stridedCopy(const StridedCopyArgs& args) {
  StridedCopy copy;
  copy.rank = static_cast<int>(args.axes.length / 3);
  if (copy.rank < 2 || copy.rank > kMaxRank) refuse("expected 2 to 6 axes");
  const auto axis = [&](int list, int a) { return static_cast<int64_t>(args.axes[list * copy.rank + a]); };
  for (int a = 0; a < copy.rank; a++) copy.sizes[a] = axis(0, a), copy.xStrides[a] = axis(1, a), copy.yStrides[a] = axis(2, a);
  if (args.filled) forPieces(args.y.length, [&](int64_t begin, int64_t end) { std::fill(args.y + begin, args.y + end, args.fill); });
  copy.run(args.x + args.xOffset, args.y + args.yOffset);
}

}  // namespace TRACT_ISA
