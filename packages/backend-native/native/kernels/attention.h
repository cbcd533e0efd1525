// Softmax attention and its gradient over a packed [N, T, heads x (q, k, v) x headDim] tensor, in blocks of query rows: the T x T matrix never exists in memory.
#pragma once
#include <cmath>

#include "gemm.h"
#include "kernel-args.h"

namespace TRACT_ISA {

constexpr int64_t kQueryRows = 8 * MR;

struct AttentionShape : AttentionSizes {
  explicit AttentionShape(const AttentionSizes& sizes) : AttentionSizes(sizes) {}
  int64_t width() const { return 3 * heads * d; }
  int64_t paddedT() const { return panelsOf(T) * NR; }
  float scale() const { return 1.0f / std::sqrt(static_cast<float>(d)); }
};

static void packAll(float* panels, const float* b, int64_t step, int64_t depth, int64_t columns) {
  for (int64_t p = 0; p < panelsOf(columns); p++) packPanel(panels + p * depth * NR, b, step, depth, columns, p);
}
static void packAllTransposed(float* panels, const float* b, int64_t step, int64_t depth, int64_t columns) {
  for (int64_t p = 0; p < panelsOf(columns); p++) packPanelTransposed(panels + p * depth * NR, b, step, depth, columns, p);
}

/** row <- exp(scale * row - shift), zero beyond T; returns the sum. */
static float expRow(float* row, int64_t T, int64_t padded, float scale, float shift) {
  vf sum{};
  for (int64_t i = 0; i < padded; i += W) {
    vf e = vexp(load(row + i) * splat(scale) - splat(shift));
    if (i + W > T) {
      float part[W];
      store(part, e);
      for (int j = 0; j < W; j++)
        if (i + j >= T) part[j] = 0.0f;
      e = load(part);
    }
    store(row + i, e);
    sum += e;
  }
  return sumLanes(sum);
}

static void attention(const AttentionArgs& args) {
  const AttentionShape s(args.sizes);
  const int64_t step = s.width(), C = s.heads * s.d, padded = s.paddedT(), dPanels = panelsOf(s.d) * NR;
  const int64_t block = s.N * s.heads >= 8 ? s.T : std::min<int64_t>(s.T, 2 * kQueryRows), blocks = (s.T + block - 1) / block;
  tract::parallelFor(s.N * s.heads * blocks, [&](int64_t item) {
    const int64_t n = item / (s.heads * blocks), h = item / blocks % s.heads, begin = item % blocks * block, end = std::min(s.T, begin + block);
    const float* q = args.qkv + n * s.T * step + h * 3 * s.d;
    float* keys = tract::scratch(tract::Area::operand, padded * s.d);
    float* values = tract::scratch(tract::Area::product, dPanels * s.T);
    float* logits = tract::scratch(tract::Area::panel, kQueryRows * padded);
    packAllTransposed(keys, q + s.d, step, s.d, s.T);
    packAll(values, q + 2 * s.d, step, s.T, s.d);
    for (int64_t from = begin; from < end; from += kQueryRows) {
      const int64_t rows = std::min(kQueryRows, end - from);
      rowsTimesPanels(q + from * step, step, rows, s.d, keys, padded, logits, padded);
      float inverse[kQueryRows];
      for (int64_t r = 0; r < rows; r++) {
        float* row = logits + r * padded;
        float top = row[0];
        for (int64_t i = 1; i < s.T; i++) top = row[i] > top ? row[i] : top;
        top *= s.scale();
        const float sum = expRow(row, s.T, padded, s.scale(), top);
        inverse[r] = 1.0f / sum;
        // C libraries round logf each in its own way, and this value reaches weights: a double's logarithm has the same float with all.
        args.lse[(n * s.heads + h) * s.T + from + r] = top + static_cast<float>(std::log(static_cast<double>(sum)));
      }
      float* out = args.out + (n * s.T + from) * C + h * s.d;
      rowsTimesPanels(logits, padded, rows, s.T, values, s.d, out, C);
      for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < s.d; i++) out[r * C + i] *= inverse[r];
    }
  });
}

/** With P the softmax, D = rowsum(dy*out): dS = P (dy V' - D) / sqrt(d); dQ = dS K; dK = dS' Q; dV = P' dy. */
static void attentionGrad(const AttentionGradArgs& args) {
  const AttentionShape s(args.sizes);
  const int64_t step = s.width(), C = s.heads * s.d, padded = s.paddedT(), dPanels = panelsOf(s.d) * NR;
  tract::parallelFor(s.N * s.heads, [&](int64_t item) {
    const int64_t n = item / s.heads, h = item % s.heads;
    const float* q = args.qkv + n * s.T * step + h * 3 * s.d;
    float* dq = args.dqkv + n * s.T * step + h * 3 * s.d;
    float* transposed = tract::scratch(tract::Area::operand, 2 * padded * s.d);  // keys, then values, as right operands over headDim
    packAllTransposed(transposed, q + s.d, step, s.d, s.T);
    packAllTransposed(transposed + padded * s.d, q + 2 * s.d, step, s.d, s.T);
    float* keys = tract::scratch(tract::Area::product, dPanels * s.T);
    packAll(keys, q + s.d, step, s.T, s.d);
    float* softmax = tract::scratch(tract::Area::panel, kQueryRows * padded);
    float* dLogits = tract::scratch(tract::Area::gradient, kQueryRows * padded);
    float* rowPanels = tract::scratch(tract::Area::turned, 2 * dPanels * kQueryRows);  // queries, then dy, as right operands over the block's rows
    for (int64_t from = 0; from < s.T; from += kQueryRows) {
      const int64_t rows = std::min(kQueryRows, s.T - from);
      const int64_t at = (n * s.T + from) * C + h * s.d;
      const float *dy = args.dy + at, *out = args.out + at, *lse = args.lse + (n * s.heads + h) * s.T + from;
      rowsTimesPanels(q + from * step, step, rows, s.d, transposed, padded, softmax, padded);
      rowsTimesPanels(dy, C, rows, s.d, transposed + padded * s.d, padded, dLogits, padded);
      for (int64_t r = 0; r < rows; r++) {
        float delta = 0.0f;
        for (int64_t i = 0; i < s.d; i++) delta += dy[r * C + i] * out[r * C + i];
        float *p = softmax + r * padded, *g = dLogits + r * padded;
        expRow(p, s.T, padded, s.scale(), lse[r]);
        for (int64_t i = 0; i < padded; i += W) store(g + i, load(p + i) * (load(g + i) - splat(delta)) * splat(s.scale()));
      }
      packAll(rowPanels, q + from * step, step, rows, s.d);
      packAll(rowPanels + dPanels * kQueryRows, dy, C, rows, s.d);
      rowsTimesPanels(dLogits, padded, rows, s.T, keys, s.d, dq + from * step, step);
      columnsTimesPanels(dLogits, padded, s.T, rows, rowPanels, s.d, dq + s.d, step, from > 0);
      columnsTimesPanels(softmax, padded, s.T, rows, rowPanels + dPanels * kQueryRows, s.d, dq + 2 * s.d, step, from > 0);
    }
  });
}

}  // namespace TRACT_ISA
