// The tiles that Winograd's 3x3 convolutions cut images into: where each lies, and in which order they go through the products.
#pragma once
#include "winograd-transforms.h"

namespace TRACT_ISA {

namespace winograd {

constexpr int64_t kFrequencies = 36;

/** Floats from one frequency's plane to the next: an odd number of cache lines, so that the 36 planes do not fight for the same cache sets. */
static inline int64_t planeOf(int64_t floats) { return ((floats + 15) / 16 | 1) * 16; }

/** The images cut into 4x4 output tiles, numbered across all images. */
struct Tiling {
  int64_t N, H, Wd, Ci, Ho, Wo, Co, padTop, padLeft;
  int64_t down() const { return (Ho + 3) / 4; }
  int64_t across() const { return (Wo + 3) / 4; }
  int64_t total() const { return N * down() * across(); }
  /** Image, first row and first column of a tile's outputs. */
  void locate(int64_t tile, int64_t& n, int64_t& y, int64_t& x) const {
    const int64_t perImage = down() * across();
    n = tile / perImage;
    y = tile % perImage / across() * 4;
    x = tile % across() * 4;
  }
  /** Outputs down the last tile of a column, and across the last one of a row: 1 to 4. */
  int64_t lastDown() const { return Ho - (down() - 1) * 4; }
  int64_t lastAcross() const { return Wo - (across() - 1) * 4; }
};

/** Tiles in an order in which those that have a frequency lie together: smaller ones of the last column, whole ones, those of the last row, corners. */
struct TileOrder {
  const Tiling& g;
  int64_t begins[5] = {};

  /** Tiles [first, first + count) into order[0 ...]. */
  TileOrder(const Tiling& tiling, int64_t first, int64_t count, int64_t* order) : g(tiling) {
    int64_t next = 0;
    for (int kind = 0; kind < 4; kind++) {
      for (int64_t tile = first; tile < first + count; tile++)
        if (kindOf(tile) == kind) order[next++] = tile;
      begins[kind + 1] = next;
    }
  }
  /** Calls body(begin, end) with the part of the order that has a frequency: smaller tiles lack some. */
  template <class Body>
  void having(int64_t frequency, Body&& body) const {
    const bool last = hasFrequency(g.lastDown(), frequency / 6), right = hasFrequency(g.lastAcross(), frequency % 6);
    body(begins[right ? 0 : 1], begins[last ? (right ? 4 : 3) : 2]);
  }

 private:
  int kindOf(int64_t tile) const {
    const int64_t inImage = tile % (g.down() * g.across());
    const bool last = g.lastDown() < 4 && inImage / g.across() == g.down() - 1, right = g.lastAcross() < 4 && inImage % g.across() == g.across() - 1;
    return last ? (right ? 3 : 2) : right ? 0 : 1;
  }
};

}  // namespace winograd
}  // namespace TRACT_ISA
