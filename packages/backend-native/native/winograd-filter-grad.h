// The filter's gradient by the same transforms as winograd.h's convolution: dw = G'[sum over tiles of (B' x B) . (A dy A')]G.
#pragma once
#include "blocks.h"
#include "winograd.h"

namespace TRACT_ISA {

namespace winograd {

struct OutputGrad {  // A, 4 -> 6
  static constexpr int from = 4, to = 6, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* y, vf* u) {
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
  static constexpr int from = 6, to = 3, parts = 1;
  template <int>
  TRACT_INLINE static inline void apply(const vf* s, vf* w) {
    const vf sa = s[1] + s[2], da = s[1] - s[2], sb = s[3] + s[4], db = s[3] - s[4];
    w[0] = s[0] * n0 + sa * na + sb * nb;
    w[1] = da * (a * na) + db * (b * nb);
    w[2] = sa * (a2 * na) + sb * (b2 * nb) + s[5];
  }
};

/** v[frequency][tile][channel] of `count` tiles from `first`, channels [ci, ciEnd), all as whole ones. */
static void transformWhole(const float* x, const Tiling& g, int64_t first, int64_t count, int64_t ci, int64_t ciEnd, const float* zeros, float* v,
                           int64_t plane) {
  for (int64_t t = 0; t < count; t++) {
    int64_t n, y, left;
    g.locate(first + t, n, y, left);
    const float* p[36];
    pixels<6>(x + n * g.H * g.Wd * g.Ci, g.H, g.Wd, g.Ci, y - g.padTop, left - g.padLeft, zeros, p);
    transformPixels<Whole, Whole>(p, g.Ci, ci, ciEnd, v + t * (ciEnd - ci), plane);
  }
}

/** u[frequency][panel][tile][NR] = A dy A' of `count` tiles in panels [panel, panelEnd), and the tiles' sum of dy over pixels added to sum[Co]. */
static void transformOutputGrad(const float* dy, const Tiling& g, int64_t first, int64_t count, int64_t panel, int64_t panelEnd, const float* zeros,
                                float* u, int64_t plane, int64_t depth, int64_t at, float* sum) {
  for (int64_t t = 0; t < count; t++) {
    int64_t n, y, x;
    g.locate(first + t, n, y, x);
    const float* p[16];
    pixels<4>(dy + n * g.Ho * g.Wo * g.Co, g.Ho, g.Wo, g.Co, y, x, zeros, p);
    for (int64_t c = panel * NR; c < panelEnd * NR; c += W) {
      float* to = u + ((c / NR - panel) * depth + at + t) * NR + c % NR;
      if (c >= g.Co) {
        for (int64_t f = 0; f < kFrequencies; f++) store(to + f * plane, vf{});
        continue;
      }
      vf total{};
      transform<OutputGrad, OutputGrad>(
          [&](int i, int j) TRACT_INLINE {
            prefetchNext(p[i * 4 + j] + c, g.Co);
            const vf value = load(p[i * 4 + j] + c);
            total += value;
            return value;
          },
          [&](int i, int j, vf value) TRACT_INLINE { store(to + (i * 6 + j) * plane, value); });
      store(sum + c, load(sum + c) + total);
    }
  }
}

/** Input channels [ci, ciEnd) and output channels [co, coEnd) of dFilter = G' S G for S[frequency][ci...][Co], `plane` floats a frequency. */
static void transformFilterGrad(const float* s, int64_t plane, const Tiling& g, int64_t ci, int64_t ciEnd, int64_t co, int64_t coEnd,
                                float* dFilter) {
  for (; ci < ciEnd; ci++, s += g.Co)
    for (int64_t c = co; c < coEnd; c += W)
      transform<FilterGrad, FilterGrad>([&](int i, int j) TRACT_INLINE { return load(s + (i * 6 + j) * plane + c); },
                            [&](int i, int j, vf value) TRACT_INLINE { store(dFilter + ((i * 3 + j) * g.Ci + ci) * g.Co + c, value); });
}

/** to[i] = sum of parts[part * size + i], in order, for i in [begin, end). */
static void addParts(const float* parts, int64_t count, int64_t size, int64_t begin, int64_t end, float* to) {
  forVectors(begin, end, [&](int64_t i, auto width) {
    vf total = loadSome(parts + i, width);
    for (int64_t part = 1; part < count; part++) total += loadSome(parts + part * size + i, width);
    storeSome(to + i, total, width);
  });
}

constexpr int64_t kSums = 1 << 18;  // floats of sums that stay in the second-level cache

/** Parts that the tiles are divided into, each summed by itself, whatever the threads: a power of two, so that two threads or four share them evenly. */
static inline int64_t filterGradParts(const Tiling& g) {
  int64_t parts = kFrequencies * g.Ci * g.Co > kSums ? 1 : 8;
  while (parts > 1 && g.total() < 128 * parts) parts /= 2;
  return parts;
}

/**
 * dFilter and dBias by parts, and where there are more threads than parts, by blocks of channels: each work item keeps a few tiles and its own sums in its
 * caches, waits for nobody, and hands on what it has for the filter, a quarter of its sums. A sum runs over the tiles in order, whatever the blocks.
 */
static void filterGradByParts(const float* x, const float* dy, const Tiling& g, float* dFilter, float* dBias) {
  const int64_t tiles = g.total(), size = 9 * g.Ci * g.Co, sums = kFrequencies * g.Ci * g.Co, panels = panelsOf(g.Co), parts = filterGradParts(g);
  const int64_t blocks = (tract::threadCount() + parts - 1) / parts;
  const int64_t across = std::min(panels, blocks), down = std::min(g.Ci / W, (blocks + across - 1) / across);
  const int64_t chunk = sums > kSums ? 64 : std::clamp<int64_t>((1 << 17) / (kFrequencies * (g.Ci + g.Co)), 8, 32);
  const int64_t vPlane = planeOf(chunk * g.Ci), uPlane = planeOf(panels * chunk * NR), widest = std::max(g.Ci, g.Co);
  float* filters = parts > 1 ? tract::scratch(tract::Area::shared, parts * size) : dFilter;
  float* biases = tract::scratch(tract::Area::pending, parts * g.Co);
  tract::parallelFor(parts * down * across, [&](int64_t item) {
    const int64_t part = item / (down * across), row = item / across % down, column = item % across, begin = part * tiles / parts,
                  end = (part + 1) * tiles / parts;
    const int64_t ci = row * (g.Ci / W) / down * W, ciEnd = (row + 1) * (g.Ci / W) / down * W;
    const int64_t panel = column * panels / across, panelEnd = (column + 1) * panels / across, co = panel * NR, coEnd = std::min(panelEnd * NR, g.Co);
    float* v = tract::scratch(tract::Area::operand, kFrequencies * vPlane);
    float* u = tract::scratch(tract::Area::product, kFrequencies * uPlane);
    float* s = tract::scratch(tract::Area::panel, sums);
    float* zeros = tract::scratch(tract::Area::gradient, widest + g.Co);
    float* bias = zeros + widest;
    std::memset(zeros, 0, sizeof(float) * (widest + g.Co));
    for (int64_t from = begin; from < end; from += chunk) {
      const int64_t depth = std::min(chunk, end - from);
      transformWhole(x, g, from, depth, ci, ciEnd, zeros, v, vPlane);
      transformOutputGrad(dy, g, from, depth, panel, panelEnd, zeros, u, uPlane, depth, 0, bias);
      const int64_t steps = kFrequencies * stepsOf(ciEnd - ci, depth, coEnd - co), next = from + depth + g.across();
      Ahead pixels = ahead(x, g.N * g.H * g.Wd * g.Ci, g, next, depth, steps), gradients = ahead(dy, g.N * g.Ho * g.Wo * g.Co, g, next, depth, steps);
      for (int64_t f = 0; f < kFrequencies; f++)
        columnsTimesPanels(v + f * vPlane, ciEnd - ci, ciEnd - ci, depth, u + f * uPlane, coEnd - co, s + (f * g.Ci + ci) * g.Co + co, g.Co,
                           from > begin, nullptr, [&] { pixels(), gradients(); });
    }
    transformFilterGrad(s + ci * g.Co, g.Ci * g.Co, g, ci, ciEnd, co, coEnd, filters + part * size);
    if (row == 0) std::memcpy(biases + part * g.Co + co, bias + co, sizeof(float) * (coEnd - co));
  });
  if (parts > 1) forPieces(size, [&](int64_t from, int64_t end) { addParts(filters, parts, size, from, end, dFilter); });
  if (dBias) addParts(biases, parts, g.Co, 0, g.Co, dBias);
}

/**
 * dFilter and dBias where many sums would not stay in the caches: all threads take a chunk of tiles of dy together, then each some of the input channels,
 * whose transformed pixels and sums it keeps at hand. The sums of several chunks wait in memory for the next.
 */
static void filterGradByChannels(const float* x, const float* dy, const Tiling& g, float* dFilter, float* dBias) {
  const int64_t tiles = g.total(), panels = panelsOf(g.Co), block = 16, piece = 4 * block,
                chunk = std::min(4 * piece, (tiles + block - 1) / block * block);
  const int64_t rows = std::clamp<int64_t>(g.Ci / tract::threadCount() / W * W, W, 32), items = (g.Ci + rows - 1) / rows,
                widest = std::max(g.Ci, g.Co);
  const int64_t vPlane = planeOf(chunk * rows), uPlane = planeOf(panels * piece * NR), pieces = (chunk + piece - 1) / piece;
  float* u = tract::scratch(tract::Area::shared, pieces * kFrequencies * uPlane);
  float* waiting = tiles > chunk ? tract::scratch(tract::Area::pending, kFrequencies * g.Ci * g.Co) : nullptr;
  float* zeros = tract::scratch(tract::Area::zeros, widest + (chunk / block + 1) * g.Co);
  float* total = zeros + widest;  // of dy
  float* sums = total + g.Co;     // of its blocks
  std::memset(zeros, 0, sizeof(float) * (widest + g.Co));
  for (int64_t from = 0; from < tiles; from += chunk) {
    const int64_t depth = std::min(chunk, tiles - from), blocks = (depth + block - 1) / block;
    const auto depthOf = [&](int64_t k) { return std::min(piece, depth - k * piece); };
    tract::parallelFor(blocks, [&](int64_t i) {
      const int64_t at = i * block, k = at / piece;
      std::memset(sums + i * g.Co, 0, sizeof(float) * g.Co);
      transformOutputGrad(dy, g, from + at, std::min(block, depth - at), 0, panels, zeros, u + k * kFrequencies * uPlane, uPlane, depthOf(k),
                          at % piece, sums + i * g.Co);
    });
    tract::parallelFor(items, [&](int64_t item) {
      const int64_t ci = item * rows, width = std::min(rows, g.Ci - ci), plane = width * g.Co;
      float* v = tract::scratch(tract::Area::operand, kFrequencies * vPlane);
      float* s = waiting ? waiting + kFrequencies * ci * g.Co : tract::scratch(tract::Area::panel, kFrequencies * plane);
      transformWhole(x, g, from, depth, ci, ci + width, zeros, v, vPlane);
      for (int64_t f = 0; f < kFrequencies; f++)
        for (int64_t k = 0; k * piece < depth; k++)
          columnsTimesPanels(v + f * vPlane + k * piece * width, width, width, depthOf(k), u + (k * kFrequencies + f) * uPlane, g.Co, s + f * plane,
                             g.Co, from + k > 0);
      if (from + depth == tiles) transformFilterGrad(s, plane, g, ci, ci + width, 0, g.Co, dFilter);
    });
    for (int64_t i = 0; i < blocks; i++)
      for (int64_t c = 0; c < g.Co; c++) total[c] += sums[i * g.Co + c];
  }
  if (dBias) std::memcpy(dBias, total, sizeof(float) * g.Co);
}

/** dFilter [3,3,Ci,Co] and dBias [Co] (may be null). */
static void filterGrad(const float* x, const float* dy, const Tiling& g, float* dFilter, float* dBias) {
  if (kFrequencies * g.Ci * g.Co <= 2 * kSums) return filterGradByParts(x, dy, g, dFilter, dBias);
  filterGradByChannels(x, dy, g, dFilter, dBias);
}

}  // namespace winograd
}  // namespace TRACT_ISA
