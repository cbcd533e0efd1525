// 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3), with smaller tiles at the ends of an image.
#pragma once
#include <atomic>
#include <numeric>

#include "filter-cache.h"
#include "gemm.h"
#include "winograd-tiles.h"
#include "winograd-transforms.h"

namespace TRACT_ISA {

namespace winograd {

// The next tile lies four pixels to the right. A processor's own prefetcher does not follow a walk over six rows of short runs: without this hint a transform
// waits for memory half of its time.
static inline void prefetchNext(const float* pixel, int64_t C) { __builtin_prefetch(pixel + 4 * C); }
static inline void prefetchNextWrite(const float* pixel, int64_t C) { __builtin_prefetch(pixel + 4 * C, 1); }

/** Pointers to size x size pixels from (y, x) of one image; `zeros` stands for what lies outside. */
template <int size>
static inline void pixels(const float* image, int64_t H, int64_t Wd, int64_t C, int64_t y, int64_t x, const float* zeros, const float** p) {
  const float* row = image + (y * Wd + x) * C;
  for (int i = 0; i < size; i++, row += Wd * C)
    for (int j = 0; j < size; j++) {
      const bool inside = (static_cast<uint64_t>(y + i) < static_cast<uint64_t>(H)) & (static_cast<uint64_t>(x + j) < static_cast<uint64_t>(Wd));
      p[i * size + j] = inside ? row + j * C : zeros;
    }
}

/** v[frequency][channel] of the tile at pixels p, channels [ci, ciEnd); frequencies lie `plane` floats apart. */
template <class Down, class Across>
static inline void transformPixels(const float* const* p, int64_t C, int64_t ci, int64_t ciEnd, float* v, int64_t plane) {
  for (int64_t c = ci; c < ciEnd; c += W)
    transform<typename Down::input, typename Across::input>(
        [&](int i, int j) TRACT_INLINE {
          if (j >= 2) prefetchNext(p[i * 6 + j] + c, C);
          return load(p[i * 6 + j] + c);
        },
        [&](int i, int j, vf value) TRACT_INLINE { store(v + (Down::frequency(i) * 6 + Across::frequency(j)) * plane + c - ci, value); });
}

/** v[frequency][tile][channel] of the `count` tiles at `order`, each as small as it is. */
static void transformInput(const float* x, const Tiling& g, const int64_t* order, int64_t count, const float* zeros, float* v, int64_t plane) {
  for (int64_t t = 0; t < count; t++) {
    int64_t n, y, left;
    g.locate(order[t], n, y, left);
    const float* p[36];
    pixels<6>(x + n * g.H * g.Wd * g.Ci, g.H, g.Wd, g.Ci, y - g.padTop, left - g.padLeft, zeros, p);
    withSide(g.Ho - y, [&](auto down) {
      withSide(g.Wo - left, [&](auto across) { transformPixels<decltype(down), decltype(across)>(p, g.Ci, 0, g.Ci, v + t * g.Ci, plane); });
    });
  }
}

/** The inverse of m[frequency][tile][step] into channels [from, to) of y, with bias, residual and max(, 0), for the `count` tiles at `order`. */
static void transformOutput(const float* m, int64_t plane, int64_t step, const Tiling& g, const int64_t* order, int64_t count, int64_t from, int64_t to,
                            float* y, const Epilogue& end) {
  for (int64_t t = 0; t < count; t++) {
    int64_t n, top, left;
    g.locate(order[t], n, top, left);
    const int64_t rows = g.Ho - top, columns = g.Wo - left, base = ((n * g.Ho + top) * g.Wo + left) * g.Co;
    withSide(rows, [&](auto down) {
      withSide(columns, [&](auto across) {
        typedef decltype(down) Down;
        typedef decltype(across) Across;
        for (int64_t c = from; c < to; c += W) {
          const vf bias = end.bias ? load(end.bias + c) : vf{};
          transform<typename Down::output, typename Across::output>(
              [&](int i, int j) TRACT_INLINE { return load(m + (Down::frequency(i) * 6 + Across::frequency(j)) * plane + t * step + c - from); },
              [&](int i, int j, vf value) TRACT_INLINE {
                if (i >= rows || j >= columns) return;
                const int64_t at = base + (i * g.Wo + j) * g.Co + c;
                value += bias;
                prefetchNextWrite(y + at, g.Co);
                if (end.residual) {
                  prefetchNext(end.residual + at, g.Co);
                  value += load(end.residual + at);
                }
                store(y + at, end.relu ? vmax(value, vf{}) : value);
              });
        }
      });
    });
  }
}

/** A filter [3,3,Ci,Co], or with `flipped` the turned one of the input's gradient: then w lies in memory as [3,3,Co,Ci] and its taps run backwards. */
struct FilterView {
  const float* w;
  int64_t Ci, Co;
  bool flipped;
};

/** Input channels [ci, ciEnd) of a flipped filter's panel p, turned: to[tap][ciEnd - ci][NR]. */
static void turnPanel(const FilterView& f, int64_t p, int64_t ci, int64_t ciEnd, float* to) {
  const int64_t columns = std::min<int64_t>(NR, f.Co - p * NR);
  for (int64_t tap = 0; tap < 9; tap++, to += (ciEnd - ci) * NR) {
    const float* from = f.w + ((8 - tap) * f.Co + p * NR) * f.Ci;
    for (int64_t first = ci; first < ciEnd; first += W)
      for (int64_t co = 0; co < columns; co++)
        for (int64_t i = first; i < first + W; i++) to[(i - ci) * NR + co] = from[co * f.Ci + i];
  }
}

/** G w G' of input channels [ci, ciEnd) of panel p as a right operand: to[frequency][Ci][NR], frequencies `plane` floats apart. Needs Ci and Co divisible by W. */
static void packPanel(const FilterView& f, int64_t p, int64_t ci, int64_t ciEnd, float* to, int64_t plane) {
  const float* w = f.w + ci * f.Co + p * NR;
  int64_t tap = f.Ci * f.Co, row = f.Co;
  if (f.flipped) {
    float* turned = tract::scratch(tract::Area::turned, 9 * (ciEnd - ci) * NR);
    turnPanel(f, p, ci, ciEnd, turned);
    w = turned, tap = (ciEnd - ci) * NR, row = NR;
  }
  for (; ci < ciEnd; ci++, w += row)
    for (int64_t half = 0; half < NR; half += W) {
      float* at = to + ci * NR + half;
      if (p * NR + half < f.Co)
        transform<Filter, Filter>([&](int i, int j) TRACT_INLINE { return load(w + (i * 3 + j) * tap + half); },
                          [&](int i, int j, vf value) TRACT_INLINE { store(at + (i * 6 + j) * plane, value); });
      else
        for (int64_t frequency = 0; frequency < kFrequencies; frequency++) store(at + frequency * plane, vf{});
    }
}

// A line of memory that another core has last written to, or read, costs a few hundred nanoseconds to write to: as much as some thousand multiplications.
// So the threads share transformed data only where it is large, and else each transforms for itself what it needs.
constexpr int64_t kOwn = 1 << 19;       // floats of a transformed filter, up to which each thread has its own
constexpr int64_t kOwnTiles = 1 << 18;  // of transformed tiles, likewise
constexpr int64_t kTiles =
    W == 16 ? 24 : 30;  // tiles taken through a filter together: many rows for the micro-kernel, few for the second-level cache

constexpr int64_t kFewTiles = 256;

/**
 * The memory of `count` tiles from `first`, of images of `floats` in all, in so many steps. Tiles lie as the images do, in rows four pixels high: what tiles read
 * ends a row of tiles further on at most.
 */
static inline Ahead ahead(const float* images, int64_t floats, const Tiling& g, int64_t first, int64_t count, int64_t steps) {
  const int64_t total = g.total();
  return {images + std::min(first, total) * floats / total, (count * floats / total + steps - 1) / std::max<int64_t>(1, steps)};
}

/** Tiles that are transformed, [frequency][tile][Ci], and through all panels of a packed filter, [frequency][panel][Ci][NR]. */
static void convolveTiles(const float* x, const float* packed, int64_t filterPlane, const Tiling& g, int64_t first, int64_t count, float* y,
                          const Epilogue& end) {
  const int64_t vPlane = planeOf(kTiles * g.Ci), mPlane = planeOf(kTiles * g.Co);
  float* v = tract::scratch(tract::Area::operand, kFrequencies * vPlane + g.Ci);
  float* m = tract::scratch(tract::Area::product, kFrequencies * mPlane);
  float* zeros = v + kFrequencies * vPlane;
  std::memset(zeros, 0, sizeof(float) * g.Ci);
  int64_t order[kTiles];
  const TileOrder tiles(g, first, count, order);
  transformInput(x, g, order, count, zeros, v, vPlane);
  const int64_t steps = kFrequencies * stepsOf(count, g.Ci, g.Co);
  Ahead next = ahead(x, g.N * g.H * g.Wd * g.Ci, g, first + count + g.across(), count, steps),
        result = ahead(y, g.N * g.Ho * g.Wo * g.Co, g, first, count, steps),
        added = ahead(end.residual ? end.residual : y, g.N * g.Ho * g.Wo * g.Co, g, first, count, steps);
  for (int64_t f = 0; f < kFrequencies; f++)
    tiles.having(f, [&](int64_t begin, int64_t last) {
      rowsTimesPanels(v + f * vPlane + begin * g.Ci, g.Ci, last - begin, g.Ci, packed + f * filterPlane, g.Co, m + f * mPlane + begin * g.Co, g.Co, {},
                      [&] { next(), result(), added(); });
    });
  transformOutput(m, mPlane, g.Co, g, order, count, 0, g.Co, y, end);
}

/** For many tiles: the filter is packed once, by each thread or by all together, and each work item takes some tiles through all channels. */
static void convolveByTiles(const float* x, const FilterView& w, const Tiling& g, float* y, const Epilogue& end) {
  const int64_t tiles = g.total(), panels = panelsOf(g.Co), filterPlane = planeOf(panels * g.Ci * NR), threads = tract::threadCount();
  const int64_t items = ((tiles + kTiles - 1) / kTiles + threads - 1) / threads * threads;
  const auto pack = [&](int64_t p, int64_t ci, int64_t ciEnd, float* packed) { packPanel(w, p, ci, ciEnd, packed + p * g.Ci * NR, filterPlane); };
  const bool own = kFrequencies * filterPlane <= kOwn;
  float* shared = own ? nullptr : tract::scratch(tract::Area::shared, kFrequencies * filterPlane);
  if (!own) tract::parallelFor(panels * g.Ci / W, [&](int64_t i) { pack(i * W / g.Ci, i * W % g.Ci, i * W % g.Ci + W, shared); });
  static std::atomic<uint64_t> calls{0};
  const uint64_t call = ++calls;
  tract::parallelFor(items, [&](int64_t item) {
    static thread_local uint64_t packedFor = 0;
    float* packed = own ? tract::scratch(tract::Area::panel, kFrequencies * filterPlane) : shared;
    if (own && packedFor != call) {
      for (int64_t p = 0; p < panels; p++) pack(p, 0, g.Ci, packed);
      packedFor = call;
    }
    const int64_t first = item * tiles / items;
    convolveTiles(x, packed, filterPlane, g, first, (item + 1) * tiles / items - first, y, end);
  });
}

/**
 * For few tiles: each work item takes some or all of them through some panels of the filter, which it packs one by one, so that four times the filter's size
 * never leaves the second-level cache, unless all panels are kept for the next call. The sums run as in convolveByTiles, so the
 * bits are the same.
 */
static void convolveByPanels(const float* x, const FilterView& w, bool keep, const Tiling& g, float* y, const Epilogue& end) {
  const int64_t tiles = g.total(), panels = panelsOf(g.Co), filterPlane = planeOf(g.Ci * NR), mPlane = planeOf(kTiles * NR),
                threads = tract::threadCount();
  const FilterCache::Key key{keep ? reinterpret_cast<uintptr_t>(w.w) : 0, w.Ci};
  bool ready;
  float* kept = filterCache().find(key, panels * kFrequencies * filterPlane, ready);
  if (kept && !ready) {
    tract::parallelFor(panels, [&](int64_t p) { packPanel(w, p, 0, g.Ci, kept + p * kFrequencies * filterPlane, filterPlane); });
    filterCache().filled(key);
  }
  const bool own = kFrequencies * tiles * g.Ci <= kOwnTiles;
  const int64_t down = std::clamp<int64_t>(threads / std::gcd(panels, threads), 1, std::max<int64_t>(1, tiles / 8));
  const int64_t across = own ? std::min(panels, (threads + down - 1) / down) : panels;
  const int64_t vPlane = planeOf((own ? (tiles + down - 1) / down : tiles) * g.Ci);
  const auto tilesIn = [&](tract::Area area) {
    float* v = tract::scratch(area, kFrequencies * vPlane + g.Ci);
    std::memset(v + kFrequencies * vPlane, 0, sizeof(float) * g.Ci);
    return v;
  };
  int64_t order[kFewTiles];  // each kTiles that go together are in order among themselves
  for (int64_t i = 0; i < down; i++)
    for (int64_t first = i * tiles / down, last = (i + 1) * tiles / down; first < last; first += kTiles)
      TileOrder(g, first, std::min(kTiles, last - first), order + first);
  const auto take = [&](int64_t first, int64_t count, float* v, int64_t at) {
    transformInput(x, g, order + first, count, v + kFrequencies * vPlane, v + at * g.Ci, vPlane);
  };
  float* shared = own ? nullptr : tilesIn(tract::Area::shared);
  if (shared) tract::parallelFor((tiles + 3) / 4, [&](int64_t i) { take(4 * i, std::min<int64_t>(4, tiles - 4 * i), shared, 4 * i); });
  tract::parallelFor(across * down, [&](int64_t item) {
    const int64_t begin = item / across * tiles / down, last = (item / across + 1) * tiles / down;
    float* v = shared ? shared + begin * g.Ci : tilesIn(tract::Area::operand);
    if (!shared) take(begin, last - begin, v, 0);
    float* m = tract::scratch(tract::Area::product, kFrequencies * mPlane);
    for (int64_t p = item % across * panels / across; p < (item % across + 1) * panels / across; p++) {
      float* packed = kept ? kept + p * kFrequencies * filterPlane : tract::scratch(tract::Area::panel, kFrequencies * filterPlane);
      if (!kept) packPanel(w, p, 0, g.Ci, packed, filterPlane);
      for (int64_t first = begin; first < last; first += kTiles) {
        const int64_t count = std::min(kTiles, last - first);
        int64_t inOrder[kTiles];
        const TileOrder together(g, first, count, inOrder);
        for (int64_t f = 0; f < kFrequencies; f++)
          together.having(f, [&](int64_t from, int64_t to) {
            rowsTimesPanels(v + f * vPlane + (first - begin + from) * g.Ci, g.Ci, to - from, g.Ci, packed + f * filterPlane, NR,
                            m + f * mPlane + from * NR, NR);
          });
        transformOutput(m, mPlane, NR, g, inOrder, count, p * NR, std::min((p + 1) * NR, g.Co), y, end);
      }
    }
  });
}

/** Whether packing the whole filter in memory costs more than it saves; sooner so when it then leaves the second-level cache. */
static inline bool fewTiles(const Tiling& g) { return g.total() <= (g.Ci * g.Co > (1 << 15) ? kFewTiles : 64); }

/** y = convolution of x with w, whose transform may be kept in the filter cache. */
static void convolve(const float* x, const FilterView& w, bool keep, const Tiling& g, float* y, const Epilogue& end) {
  if (fewTiles(g)) return convolveByPanels(x, w, keep, g, y, end);
  convolveByTiles(x, w, g, y, end);
}

}  // namespace winograd
}  // namespace TRACT_ISA
