// Transforms of Winograd's F(4x4, 3x3): 36 multiplications for 16 outputs where the direct algorithm needs 144 (Lavin & Gray 2016).
// Where an image's side is no multiple of four, the tiles at its end are smaller: F(3, 3) or F(2, 3) along that side.
// The interpolation points 0, +-3/4, +-3/2 and infinity are exact in binary and keep the error near 2e-6 of the output's scale at 256 channels
// (0, +-1, +-2 gives 1e-5). With B, G, A the transforms of input tile, filter and result: y = A'[(G w G') . (B' x B)]A.
#pragma once
#include <type_traits>

#include "simd.h"

namespace TRACT_ISA {

namespace winograd {

constexpr float a = 0.75f, b = 1.5f, a2 = a * a, b2 = b * b, a3 = a * a2, b3 = b * b2;
constexpr float n0 = 1.0f / (a2 * b2), na = 1.0f / (2 * a2 * (a2 - b2)), nb = 1.0f / (2 * b2 * (b2 - a2));  // G's divisors

// What the transforms go through is unrolled by constants: a compiler that unrolls loops keeps their arrays in memory.
#define TRACT_INLINE __attribute__((always_inline))

/** Calls body(0) ... body(N - 1) with constants. */
template <int N, class Body>
TRACT_INLINE static inline void unrolled(Body&& body) {
  if constexpr (N > 0) {
    unrolled<N - 1>(body);
    body(std::integral_constant<int, N - 1>());
  }
}

/**
 * Each transform maps a column of `from` to a column of `to`, in `parts` parts of equal length that need nothing of each other: a square tile's columns of one
 * part fit in the registers of AVX-512.
 */
struct Input {  // B', 6 -> 6
  static constexpr int from = 6, to = 6, parts = 2;
  template <int part>
  TRACT_INLINE static inline void apply(const vf* x, vf* r) {
    constexpr float s = part == 0 ? a : b, o2 = part == 0 ? b2 : a2;
    const vf even = x[4] - x[2] * o2, odd = (x[3] - x[1] * o2) * s;
    r[part == 0 ? 1 : 0] = even + odd;
    r[part == 0 ? 2 : 1] = even - odd;
    if constexpr (part == 0)
      r[0] = x[4] - x[2] * (a2 + b2) + x[0] * (a2 * b2);
    else
      r[2] = x[5] - x[3] * (a2 + b2) + x[1] * (a2 * b2);
  }
};
struct Output {  // A', 6 -> 4
  static constexpr int from = 6, to = 4, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* m, vf* y) {
    const vf sa = m[1] + m[2], da = m[1] - m[2], sb = m[3] + m[4], db = m[3] - m[4];
    y[0] = m[0] + sa + sb;
    y[1] = da * a + db * b;
    y[2] = sa * a2 + sb * b2;
    y[3] = da * a3 + db * b3 + m[5];
  }
};
// Tiles with fewer outputs use some of the same points, so the filter's transform serves them as it is: what G divides by for points that they lack, their B' makes good.
struct Input3 {  // 0, +-3/4, 3/2 and infinity
  static constexpr int from = 5, to = 5, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* x, vf* r) {
    r[0] = (x[3] - x[2] * b - x[1] * a2 + x[0] * (a2 * b)) * b;
    r[1] = (x[3] + x[2] * (a - b) - x[1] * (a * b)) * (a + b);
    r[2] = (x[3] - x[2] * (a + b) + x[1] * (a * b)) * (b - a);
    r[3] = (x[3] - x[1] * a2) * (2 * b);
    r[4] = x[4] - x[3] * b - x[2] * a2 + x[1] * (a2 * b);
  }
};
struct Output3 {
  static constexpr int from = 5, to = 3, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* m, vf* y) {
    const vf sa = m[1] + m[2], da = m[1] - m[2];
    y[0] = m[0] + sa + m[3];
    y[1] = da * a + m[3] * b;
    y[2] = sa * a2 + m[3] * b2 + m[4];
  }
};
struct Input2 {  // 0, +-3/4 and infinity
  static constexpr int from = 4, to = 4, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* x, vf* r) {
    r[0] = x[0] * (a2 * b2) - x[2] * b2;
    r[1] = (x[2] + x[1] * a) * (a2 - b2);
    r[2] = (x[2] - x[1] * a) * (a2 - b2);
    r[3] = x[3] - x[1] * a2;
  }
};
struct Output2 {
  static constexpr int from = 4, to = 2, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* m, vf* y) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = (m[1] - m[2]) * a + m[3];
  }
};

/** A side of a tile: its transforms, and which of the six frequencies it has. */
template <class In, class Out>
struct Side {
  typedef In input;
  typedef Out output;
  static constexpr int frequencies = In::to;
  static constexpr int frequency(int i) { return i == frequencies - 1 ? 5 : i; }
};

typedef Side<Input, Output> Whole;

/** Calls body(side) for a side of so many outputs. */
template <class Body>
TRACT_INLINE static inline void withSide(int64_t outputs, Body&& body) {
  if (outputs >= 4) return body(Whole());
  if (outputs == 3) return body(Side<Input3, Output3>());
  body(Side<Input2, Output2>());
}
/** Whether a side of so many outputs has a frequency. */
static inline bool hasFrequency(int64_t outputs, int64_t i) { return i == 5 || i < (outputs >= 4 ? 5 : outputs == 3 ? 4 : 3); }

struct Filter {  // G, 3 -> 6
  static constexpr int from = 3, to = 6, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* w, vf* g) {
    const vf ea = (w[0] + w[2] * a2) * na, oa = w[1] * (a * na), eb = (w[0] + w[2] * b2) * nb, ob = w[1] * (b * nb);
    g[0] = w[0] * n0;
    g[1] = ea + oa;
    g[2] = ea - oa;
    g[3] = eb + ob;
    g[4] = eb - ob;
    g[5] = w[2];
  }
};

/** to = Down from Across' for tiles: `read(i, j)` gives an entry, perhaps once for each part, `write(i, j, value)` takes one. */
template <class Down, class Across, class Read, class Write>
TRACT_INLINE static inline void transform(Read&& read, Write&& write) {
  constexpr int rows = Down::to / Down::parts, columns = Across::to / Across::parts;
  unrolled<Down::parts>([&](auto part) TRACT_INLINE {
    vf half[Across::from][rows];
    unrolled<Across::from>([&](auto j) TRACT_INLINE {
      vf column[Down::from];
      unrolled<Down::from>([&](auto i) TRACT_INLINE { column[i] = read(i, j); });
      Down::template apply<part>(column, half[j]);
    });
    unrolled<rows>([&](auto i) TRACT_INLINE {
      vf row[Across::from], out[Across::to];
      unrolled<Across::from>([&](auto j) TRACT_INLINE { row[j] = half[j][i]; });
      unrolled<Across::parts>([&](auto p) TRACT_INLINE { Across::template apply<p>(row, out + p * columns); });
      unrolled<Across::to>([&](auto j) TRACT_INLINE { write(part * rows + i, j, out[j]); });
    });
  });
}

}  // namespace winograd
}  // namespace TRACT_ISA
