// The float64 work of metrics: products of rows, and the reduction to bidiagonal form. Work is split by shape only, sums have a fixed order.
#pragma once
#include <cmath>

#include "blocks.h"
#include "gemm.h"
#include "kernel-args.h"

namespace TRACT_ISA {

namespace matrix64 {

constexpr int L = W / 2;
typedef double vd __attribute__((vector_size(8 * L)));

static inline vd load(const double* p) {
  vd v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
static inline void store(double* p, vd v) { std::memcpy(p, &v, sizeof v); }
static inline vd splat(double x) { return x - vd{}; }

constexpr int kColumns = 2 * L;  // of a tile, whose rows are MR as in float32
constexpr int64_t kDepth = 256;  // terms summed in registers before they are added to the result: a panel of them stays in the first-level cache
constexpr int64_t kRowBlock = 12 * 6;  // rows of one work item, whole tiles on every instruction set

/** panel[k][kColumns] = columns [first, ...) of the transpose of b[columns][depth], zeros beyond the end */
static void packRows(double* panel, const double* b, int64_t step, int64_t columns, int64_t depth, int64_t first) {
  for (int j = 0; j < kColumns; j++) {
    const bool there = first + j < columns;
    const double* row = b + (first + j) * step;
    for (int64_t k = 0; k < depth; k++) panel[k * kColumns + j] = there ? row[k] : 0.0;
  }
}

/** out[r][column ...] += rows of a times a panel */
template <int M>
static void addTile(const double* a, int64_t aStep, int64_t depth, const double* panel, double* out, int64_t outStep, int width) {
  vd c[M][2] = {};
  for (int64_t k = 0; k < depth; k++, panel += kColumns) {
    const vd b0 = load(panel), b1 = load(panel + L);
#pragma GCC unroll 16
    for (int r = 0; r < M; r++) {
      const vd x = splat(a[r * aStep + k]);
      c[r][0] += x * b0;
      c[r][1] += x * b1;
    }
  }
  for (int r = 0; r < M; r++, out += outStep) {
    if (width == kColumns) {
      store(out, load(out) + c[r][0]);
      store(out + L, load(out + L) + c[r][1]);
      continue;
    }
    double row[kColumns];
    store(row, c[r][0]);
    store(row + L, c[r][1]);
    for (int j = 0; j < width; j++) out[j] += row[j];
  }
}

static double dot(const double* a, const double* b, int64_t n) {
  vd s[4] = {};
  int64_t i = 0;
  for (; i + 4 * L <= n; i += 4 * L)
    for (int k = 0; k < 4; k++) s[k] += load(a + i + k * L) * load(b + i + k * L);
  double lanes[L], total = 0;
  store(lanes, (s[0] + s[1]) + (s[2] + s[3]));
  for (int k = 0; k < L; k++) total += lanes[k];
  for (; i < n; i++) total += a[i] * b[i];
  return total;
}

/** to += factor * from */
static void addScaled(double* to, const double* from, double factor, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] += factor * from[i];
}

constexpr double kNothing = 1e-290;  // as in the plain form: its inverse would overflow near the bottom of the number range
constexpr int64_t kParts = 16;       // partial sums of a step, added in order

}  // namespace matrix64

/** out(i, j) += a(i)·b(j), all of it or from the diagonal on. */
static void addRowProducts(const RowProductsArgs& args) {
  using namespace matrix64;
  const double *a = args.a, *b = args.b;
  double* out = args.out;
  const int64_t aRows = args.aRows, aStep = args.aStep, bRows = args.bRows, bStep = args.bStep, width = args.width, outStep = args.outStep;
  const bool upper = args.upper;
  const int64_t panels = (bRows + kColumns - 1) / kColumns, blocks = (aRows + kRowBlock - 1) / kRowBlock;
  double* packed = doubleScratch(tract::Area::shared, panels * kColumns * std::min(width, kDepth));
  for (int64_t k = 0; k < width; k += kDepth) {
    const int64_t depth = std::min(kDepth, width - k);
    tract::parallelFor(panels, [&](int64_t p) { packRows(packed + p * depth * kColumns, b + k, bStep, bRows, depth, p * kColumns); });
    tract::parallelFor(blocks, [&](int64_t block) {
      const int64_t from = block * kRowBlock, rows = std::min(kRowBlock, aRows - from);
      for (int64_t p = upper ? from / kColumns : 0; p < panels; p++) {
        const int64_t column = p * kColumns;
        const int columns = static_cast<int>(std::min<int64_t>(kColumns, bRows - column));
        forTiles(rows, [&](auto size, int64_t first) {
          constexpr int M = decltype(size)::value;
          const int64_t row = from + first;
          if (upper && column + columns <= row) return;
          addTile<M>(a + row * aStep + k, aStep, depth, packed + p * depth * kColumns, out + row * outStep + column, outStep, columns);
        });
      }
    });
  }
}

/**
 * entries: B(0,0), B(0,1), B(1,1), ..., B(n-1,n-1), 0. Householder reflections from
 * both sides (Golub & Kahan 1965), one pass over what is left of the matrix for each column: a row takes both reflections while it is in the cache and adds
 * its share to the next column's product with the matrix.
 */
static void bidiagonalise(const BidiagonaliseArgs& args) {
  using namespace matrix64;
  double *a = args.matrix, *entries = args.entries;
  const int64_t m = args.rows, n = args.columns;
  double* v = doubleScratch(tract::Area::operand, m);
  double* u = doubleScratch(tract::Area::product, n);
  double* w = doubleScratch(tract::Area::panel, n);  // the next reflected column times the matrix, then the reflection's share of each column
  double* parts = doubleScratch(tract::Area::gradient, kParts * n);
  const auto sumParts = [&](int64_t from) {
    std::memcpy(w + from, parts + from, sizeof(double) * (n - from));
    for (int64_t part = 1; part < kParts; part++) addScaled(w + from, parts + part * n + from, 1.0, n - from);
  };
  tract::parallelFor(kParts, [&](int64_t part) {
    double* sum = parts + part * n;
    std::memset(sum, 0, sizeof(double) * n);
    for (int64_t i = part * m / kParts; i < (part + 1) * m / kParts; i++) addScaled(sum, a + i * n, a[i * n], n);
  });
  sumParts(0);
  for (int64_t k = 0; k < n; k++) {
    const double squares = w[k], corner = a[k * n + k], diagonal = corner > 0 ? -std::sqrt(squares) : std::sqrt(squares);
    const double leftFactor = squares > kNothing ? 1 / (squares - diagonal * corner) : 0;
    entries[2 * k] = diagonal;
    entries[2 * k + 1] = 0;
    if (k == n - 1) return;
    for (int64_t i = k; i < m; i++) v[i] = a[i * n + k];
    v[k] -= diagonal;
    const int64_t next = k + 1, left = n - next;
    double rest = 0;
    for (int64_t j = next; j < n; j++) {
      w[j] = leftFactor * (w[j] - diagonal * a[k * n + j]);
      u[j] = a[k * n + j] - v[k] * w[j];
    }
    rest = dot(u + next, u + next, left);
    double rightFactor = 0;
    if (rest > kNothing) {
      const double entry = u[next] > 0 ? -std::sqrt(rest) : std::sqrt(rest);
      entries[2 * k + 1] = entry;
      rightFactor = 1 / (rest - entry * u[next]);
      u[next] -= entry;
    }
    const int64_t rows = m - next;
    tract::parallelFor(kParts, [&](int64_t part) {
      double* sum = parts + part * n;
      std::memset(sum + next, 0, sizeof(double) * left);
      for (int64_t i = next + part * rows / kParts; i < next + (part + 1) * rows / kParts; i++) {
        double* row = a + i * n + next;
        addScaled(row, w + next, -v[i], left);
        addScaled(row, u + next, -rightFactor * dot(row, u + next, left), left);
        addScaled(sum + next, row, row[0], left);
      }
    });
    sumParts(next);
  }
}

}  // namespace TRACT_ISA
