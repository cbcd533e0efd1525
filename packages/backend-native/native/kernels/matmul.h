// Batched matrix product with any transposes.
#pragma once
#include "gemm.h"
#include "kernel-args.h"

namespace TRACT_ISA {

constexpr int64_t kMatmulTiles = 16;  // tiles of MR rows in one work item, at most

/** One product with a packed right operand, rows split into work items of equal size, as many for each thread. */
static void multiplyPacked(const float* a, bool transposeA, int64_t M, int64_t N, int64_t K, const float* panels, float* c, Epilogue end) {
  const int64_t tiles = (M + MR - 1) / MR, threads = tract::threadCount(),
                perThread = (tiles + threads * kMatmulTiles - 1) / (threads * kMatmulTiles);
  const int64_t blocks = std::min(tiles, threads * perThread);
  tract::parallelFor(blocks, [&](int64_t block) {
    const int64_t first = tiles * block / blocks * MR, rows = std::min(M, tiles * (block + 1) / blocks * MR) - first;
    if (transposeA)
      columnsTimesPanels(a + first, M, rows, K, panels, N, c + first * N, N, false, end.bias);
    else
      rowsTimesPanels(a + first * K, K, rows, K, panels, N, c + first * N, N, end.at(first * N));
  });
}

static void matmul(const MatmulArgs& args) {
  const float *a = args.a, *b = args.b, *bias = args.bias;
  float* c = args.c;
  const int64_t batch = args.batch, M = args.M, N = args.N, K = args.K, aStep = args.aStep, bStep = args.bStep;
  const bool transposeA = args.transposeA, transposeB = args.transposeB;
  const int64_t panels = panelsOf(N);
  const auto pack = [&](float* to, const float* from, int64_t p) {
    (transposeB ? packPanelTransposed : packPanel)(to + p * K * NR, from, transposeB ? K : N, K, N, p);
  };
  // Too few rows to pay for packing: the right operand is read once, in place.
  if (batch == 1 && M <= MR && N % NR == 0 && !transposeA && !transposeB) {
    tract::parallelFor(panels, [&](int64_t p) {
      forTiles(M, [&](auto size, int64_t) {
        constexpr int rows = decltype(size)::value;
        const float* row[rows];
        for (int r = 0; r < rows; r++) row[r] = a + r * K;
        Tile<rows> tile;
        tile.clear();
        multiplyRows<rows>(tile, row, K, b + p * NR, N);
        storeTile(tile, c, N, p * NR, N, {bias});
      });
    });
    return;
  }
  if (batch == 1 || bStep == 0) {
    float* packed = tract::scratch(tract::Area::shared, panels * K * NR);
    tract::parallelFor(panels, [&](int64_t p) { pack(packed, b, p); });
    for (int64_t i = 0; i < batch; i++) multiplyPacked(a + i * aStep, transposeA, M, N, K, packed, c + i * M * N, {bias});
    return;
  }
  tract::parallelFor(batch, [&](int64_t i) {
    float* packed = tract::scratch(tract::Area::operand, panels * K * NR);
    for (int64_t p = 0; p < panels; p++) pack(packed, b + i * bStep, p);
    if (transposeA)
      columnsTimesPanels(a + i * aStep, M, M, K, packed, N, c + i * M * N, N, false, bias);
    else
      rowsTimesPanels(a + i * aStep, K, M, K, packed, N, c + i * M * N, N, {bias});
  });
}

}  // namespace TRACT_ISA
