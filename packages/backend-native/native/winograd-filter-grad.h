// The filter's gradient by the same transforms as winograd.h's convolution: dw = G'[sum over tiles of (B' x B) . (A dy A')]G.
#pragma once
#include "winograd.h"

namespace TRACT_ISA {

namespace winograd {

struct OutputGrad {  // A, 4 -> 6
  static constexpr int from = 4, to = 6;
  static inline void apply(const vf* y, vf* u) {
    const vf ea = y[0] + y[2] * a2, oa = y[1] * a + y[3] * a3, eb = y[0] + y[2] * b2, ob = y[1] * b + y[3] * b3;
    u[0] = y[0];
    u[1] = ea + oa;
    u[2] = ea - oa;
    u[3] = eb + ob;
    u[4] = eb - ob;
    u[5] = y[3];
  }
};
struct FilterGrad {  // G', 6 -> 3
  static constexpr int from = 6, to = 3;
  static inline void apply(const vf* s, vf* w) {
    const vf sa = s[1] + s[2], da = s[1] - s[2], sb = s[3] + s[4], db = s[3] - s[4];
    w[0] = s[0] * n0 + sa * na + sb * nb;
    w[1] = da * (a * na) + db * (b * nb);
    w[2] = sa * (a2 * na) + sb * (b2 * nb) + s[5];
  }
};

/** u[frequency][panel][tile][NR] = A dy A' of `count` tiles, and the tiles' sum of dy over pixels added to sum[Co]. */
static void transformOutputGrad(const float* dy, const Tiling& g, int64_t first, int64_t count, const float* zeros, float* u, int64_t plane, int64_t depth, int64_t at, float* sum) {
  const int64_t panels = panelsOf(g.Co);
  for (int64_t t = 0; t < count; t++) {
    int64_t n, y, x;
    g.locate(first + t, n, y, x);
    const float* p[16];
    pixels<4>(dy + n * g.Ho * g.Wo * g.Co, g.Ho, g.Wo, g.Co, y, x, zeros, p);
    for (int64_t c = 0; c < panels * NR; c += W) {
      float* to = u + (c / NR * depth + at + t) * NR + c % NR;
      if (c >= g.Co) {
        for (int64_t f = 0; f < kFrequencies; f++) store(to + f * plane, vf{});
        continue;
      }
      vf total{};
      transform<OutputGrad>(
          [&](int i, int j) {
            prefetchNext(p[i * 4 + j] + c, g.Co);
            const vf value = load(p[i * 4 + j] + c);
            total += value;
            return value;
          },
          [&](int i, int j, vf value) { store(to + (i * 6 + j) * plane, value); });
      store(sum + c, load(sum + c) + total);
    }
  }
}

/** dFilter = G' S G for S[frequency][Ci][Co], where S is the sum of `parts` such arrays, added in order. */
static void transformFilterGrad(const float* s, int64_t parts, int64_t Ci, int64_t Co, float* dFilter) {
  const int64_t size = kFrequencies * Ci * Co;
  tract::parallelFor(Ci, [&](int64_t ci) {
    for (int64_t co = 0; co < Co; co += W)
      transform<FilterGrad>(
          [&](int i, int j) {
            const float* at = s + ((i * 6 + j) * Ci + ci) * Co + co;
            vf total = load(at);
            for (int64_t part = 1; part < parts; part++) total += load(at + part * size);
            return total;
          },
          [&](int i, int j, vf value) { store(dFilter + ((i * 3 + j) * Ci + ci) * Co + co, value); });
  });
}

/** Parts that the tiles are divided into, each summed by itself, whatever the threads: more than one where its sums stay in the second-level cache. */
static inline int64_t filterGradParts(const Tiling& g) {
  return kFrequencies * g.Ci * g.Co > (1 << 18) ? 1 : std::clamp<int64_t>(g.total() / 128, 1, 8);
}

/** dFilter and dBias by parts: each work item keeps a few tiles and its own sums in its caches, and waits for nobody. */
static void filterGradByParts(const float* x, const float* dy, const Tiling& g, int64_t parts, float* dFilter, float* dBias) {
  const int64_t tiles = g.total(), size = kFrequencies * g.Ci * g.Co;
  const int64_t chunk = std::clamp<int64_t>((1 << 17) / (kFrequencies * (g.Ci + g.Co)), 8, 32);
  const int64_t vPlane = planeOf(chunk * g.Ci), uPlane = planeOf(panelsOf(g.Co) * chunk * NR);
  float* sums = tract::scratch(0, parts * (size + g.Co));
  float* biases = sums + parts * size;
  std::memset(biases, 0, sizeof(float) * parts * g.Co);
  tract::parallelFor(parts, [&](int64_t part) {
    float* v = tract::scratch(1, kFrequencies * vPlane + std::max(g.Ci, g.Co));
    float* u = tract::scratch(2, kFrequencies * uPlane);
    float* zeros = v + kFrequencies * vPlane;
    std::memset(zeros, 0, sizeof(float) * std::max(g.Ci, g.Co));
    const int64_t begin = part * tiles / parts, end = (part + 1) * tiles / parts;
    for (int64_t from = begin; from < end; from += chunk) {
      const int64_t depth = std::min(chunk, end - from);
      transformInput(x, g, from, depth, zeros, v, vPlane);
      transformOutputGrad(dy, g, from, depth, zeros, u, uPlane, depth, 0, biases + part * g.Co);
      for (int64_t f = 0; f < kFrequencies; f++)
        columnsTimesPanels(v + f * vPlane, g.Ci, g.Ci, depth, u + f * uPlane, g.Co, sums + part * size + f * g.Ci * g.Co, g.Co, from > begin);
    }
  });
  transformFilterGrad(sums, parts, g.Ci, g.Co, dFilter);
  if (!dBias) return;
  for (int64_t c = 0; c < g.Co; c++) {
    float total = 0;
    for (int64_t part = 0; part < parts; part++) total += biases[part * g.Co + c];
    dBias[c] = total;
  }
}

/** dFilter and dBias where many sums would not stay in the caches: all threads take a chunk of tiles together, then each some of the frequencies. */
static void filterGradByFrequencies(const float* x, const float* dy, const Tiling& g, float* dFilter, float* dBias) {
  const int64_t tiles = g.total(), panels = panelsOf(g.Co), block = 16;
  const int64_t chunk = std::min<int64_t>(std::max<int64_t>(4 * block, (1 << 18) / (kFrequencies * (g.Ci + g.Co)) / block * block), (tiles + block - 1) / block * block);
  const int64_t vPlane = planeOf(chunk * g.Ci), uPlane = planeOf(panels * chunk * NR);
  float* v = tract::scratch(7, kFrequencies * vPlane + std::max(g.Ci, g.Co));
  float* zeros = v + kFrequencies * vPlane;
  float* u = tract::scratch(6, kFrequencies * uPlane);
  float* s = tract::scratch(0, kFrequencies * g.Ci * g.Co + (chunk / block + 1) * g.Co);
  float* sums = s + kFrequencies * g.Ci * g.Co;  // of dy: one row a block, and the total
  float* total = sums + chunk / block * g.Co;
  std::memset(zeros, 0, sizeof(float) * std::max(g.Ci, g.Co));
  std::memset(total, 0, sizeof(float) * g.Co);
  for (int64_t from = 0; from < tiles; from += chunk) {
    const int64_t depth = std::min(chunk, tiles - from), blocks = (depth + block - 1) / block;
    tract::parallelFor(blocks, [&](int64_t i) {
      const int64_t at = i * block, count = std::min(block, depth - at);
      transformInput(x, g, from + at, count, zeros, v + at * g.Ci, vPlane);
      std::memset(sums + i * g.Co, 0, sizeof(float) * g.Co);
      transformOutputGrad(dy, g, from + at, count, zeros, u, uPlane, depth, at, sums + i * g.Co);
    });
    tract::parallelFor(kFrequencies, [&](int64_t f) {
      columnsTimesPanels(v + f * vPlane, g.Ci, g.Ci, depth, u + f * uPlane, g.Co, s + f * g.Ci * g.Co, g.Co, from > 0);
    });
    for (int64_t i = 0; i < blocks; i++)
      for (int64_t c = 0; c < g.Co; c++) total[c] += sums[i * g.Co + c];
  }
  transformFilterGrad(s, 1, g.Ci, g.Co, dFilter);
  if (dBias) std::memcpy(dBias, total, sizeof(float) * g.Co);
}

/** dFilter [3,3,Ci,Co] and dBias [Co] (may be null). */
static void filterGrad(const float* x, const float* dy, const Tiling& g, float* dFilter, float* dBias) {
  const int64_t parts = filterGradParts(g);
  if (parts > 1) return filterGradByParts(x, dy, g, parts, dFilter, dBias);
  filterGradByFrequencies(x, dy, g, dFilter, dBias);
}

}  // namespace winograd
}  // namespace TRACT_ISA
