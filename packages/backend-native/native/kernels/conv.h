// Two-dimensional convolution over NHWC and its two gradients as implicit matrix products: a band of the input is copied once into zero-padded rows,
// after which (kx, channel) of a filter row is one contiguous run of the depth, and no bounds are checked inside.
#pragma once
#include "gemm.h"
#include "kernel-args.h"
#include "matmul.h"
#include "narrow.h"
#include "winograd-filter-grad.h"
#include "winograd.h"

namespace TRACT_ISA {

struct ConvShape : ConvSizes {
  explicit ConvShape(const ConvSizes& sizes) : ConvSizes(sizes) {}
  /** Whole vectors of enough channels, and outputs that fill a good part of their 4x4 tiles. */
  bool suitsWinograd() const { return kh == 3 && kw == 3 && stride == 1 && Ci % W == 0 && Co % W == 0 && Ci >= 16 && Co >= 16 && Ho * Wo >= 16; }
  bool narrow() const { return Co <= kNarrow && kw * Ci % W == 0; }
  winograd::Tiling tiling() const { return {N, H, Wd, Ci, Ho, Wo, Co, padTop, padLeft}; }
  bool pointwise() const { return kh == 1 && kw == 1 && stride == 1 && padTop == 0 && padLeft == 0 && Ho == H && Wo == Wd; }
};

/** Where the rows of a band come from: an image, perhaps spread out with `dilation - 1` zeros between its pixels. */
struct Source {
  const float* image;
  int64_t H, Wd, C, dilation;
};

/** Copies rows [top, top + rows) x columns [left, left + width) of the (dilated) image; what lies outside is zero. */
static void loadBand(float* to, const Source& from, int64_t top, int64_t left, int64_t rows, int64_t width) {
  const int64_t C = from.C, d = from.dilation;
  for (int64_t r = 0; r < rows; r++, to += width * C) {
    const int64_t y = top + r;
    if (y < 0 || y % d != 0 || y / d >= from.H) {
      std::memset(to, 0, sizeof(float) * width * C);
      continue;
    }
    const float* row = from.image + (y / d) * from.Wd * C;
    if (d == 1) {
      const int64_t begin = std::clamp<int64_t>(-left, 0, width), end = std::clamp<int64_t>(from.Wd - left, begin, width);
      std::memset(to, 0, sizeof(float) * begin * C);
      std::memcpy(to + begin * C, row + (left + begin) * C, sizeof(float) * (end - begin) * C);
      std::memset(to + end * C, 0, sizeof(float) * (width - end) * C);
      continue;
    }
    for (int64_t i = 0; i < width; i++) {
      const int64_t x = left + i;
      if (x < 0 || x % d != 0 || x / d >= from.Wd)
        std::memset(to + i * C, 0, sizeof(float) * C);
      else
        std::memcpy(to + i * C, row + (x / d) * C, sizeof(float) * C);
    }
  }
}

/**
 * All output rows cut into bands, numbered across the images: enough pixels to pay for reading a panel of the filter, few enough to stay in the second-level cache; of
 * equal size.
 */
struct Bands {
  const ConvShape& s;
  int64_t rows, perImage, count, width;  // width: of a band's padded input

  explicit Bands(const ConvShape& shape) : s(shape) {
    const int64_t most = std::clamp<int64_t>(196 / s.Wo, 1, s.Ho), wanted = (s.Ho + most - 1) / most;
    rows = (s.Ho + wanted - 1) / wanted, perImage = (s.Ho + rows - 1) / rows, count = s.N * perImage, width = (s.Wo - 1) * s.stride + s.kw;
  }
  int64_t top(int64_t band) const { return band % perImage * rows; }
  int64_t rowsOf(int64_t band) const { return std::min(rows, s.Ho - top(band)); }
  /** Pixels of the output before a band. */
  int64_t before(int64_t band) const { return (band / perImage * s.Ho + top(band)) * s.Wo; }
  const float* imageOf(const float* x, int64_t band) const { return x + band / perImage * s.H * s.Wd * s.Ci; }
  /** A band's padded input, in this thread's scratch. */
  const float* load(const float* x, int64_t band, int64_t dilation = 1) const {
    const int64_t height = (rowsOf(band) - 1) * s.stride + s.kh;
    float* padded = tract::scratch(tract::Area::operand, height * width * s.Ci);
    loadBand(padded, {imageOf(x, band), s.H, s.Wd, s.Ci, dilation}, top(band) * s.stride - s.padTop, -s.padLeft, height, width);
    return padded;
  }
};

/** One band of outputs (`rows` rows of Wo pixels at y) from a padded band of the input and a packed filter. */
static void convolveBand(const float* band, int64_t bandWidth, int64_t C, int64_t stride, int64_t kh, int64_t kw, const float* panels, int64_t rows,
                         int64_t Wo, int64_t Co, float* y, Epilogue end) {
  const int64_t run = kw * C, rowStep = bandWidth * C, depth = kh * run;
  for (int64_t p = 0; p < panelsOf(Co); p++) {
    const float* panel = panels + p * depth * NR;
    forTiles(rows * Wo, [&](auto size, int64_t first) {
      constexpr int M = decltype(size)::value;
      const float* a[M];
      for (int r = 0; r < M; r++) {
        const int64_t pixel = first + r;
        a[r] = band + (pixel / Wo * rowStep + pixel % Wo * C) * stride;
      }
      Tile<M> tile;
      tile.clear();
      const float* b = panel;
      for (int64_t ky = 0; ky < kh; ky++, b += run * NR) {
        multiplyRows<M>(tile, a, run, b);
        for (int r = 0; r < M; r++) a[r] += rowStep;
      }
      storeTile(tile, y + first * Co, Co, p * NR, Co, end.at(first * Co));
    });
  }
}

/** y = convolution of the (dilated) images with a packed (or narrow) filter; the shape is that of the stride-`stride` convolution over the dilated image. */
static void convolve(const float* x, const ConvShape& s, int64_t dilation, const float* packed, float* y, Epilogue end) {
  const Bands bands(s);
  tract::parallelFor(bands.count, [&](int64_t i) {
    const float* band = bands.load(x, i, dilation);
    const int64_t rows = bands.rowsOf(i), at = bands.before(i) * s.Co;
    if (s.narrow())
      narrowBand(band, bands.width, s.Ci, s.stride, s.kh, s.kw * s.Ci, packed, rows, s.Wo, s.Co, y + at, end.at(at));
    else
      convolveBand(band, bands.width, s.Ci, s.stride, s.kh, s.kw, packed, rows, s.Wo, s.Co, y + at, end.at(at));
  });
}

static void convolution(const ConvArgs& args, bool relu) {
  const ConvShape s(args.sizes);
  const int64_t depth = s.kh * s.kw * s.Ci, panels = panelsOf(s.Co);
  const Epilogue end{args.bias, args.residual, relu};
  if (s.suitsWinograd()) return winograd::convolve(args.x, {args.filter, s.Ci, s.Co, false}, args.filter.keep, s.tiling(), args.y, end);
  float* packed = tract::scratch(tract::Area::shared, panels * depth * NR);
  if (s.narrow())
    for (int64_t i = 0; i < depth * s.Co; i++) packed[i] = args.filter[i % depth * s.Co + i / depth];
  else
    tract::parallelFor(panels, [&](int64_t p) { packPanel(packed + p * depth * NR, args.filter, s.Co, depth, s.Co, p); });
  if (s.pointwise() && !s.narrow()) return multiplyPacked(args.x, false, s.N * s.H * s.Wd, s.Co, s.Ci, packed, args.y, end);
  convolve(args.x, s, 1, packed, args.y, end);
}

static void conv2d(const ConvArgs& args) { convolution(args, false); }

/** The same, and max(, 0) of the result. */
static void conv2dRelu(const ConvArgs& args) { convolution(args, true); }

static void forgetFilters(const ForgetFiltersArgs& args) { filterCache().drop(args.memory, args.memory + args.memory.length); }

/** The gradient is a convolution of dy, spread out by the stride, with the flipped filter. */
static void conv2dInputGrad(const ConvInputGradArgs& args) {
  const ConvShape s(args.sizes);
  ConvShape back = s;
  back.H = s.Ho, back.Wd = s.Wo, back.Ci = s.Co, back.Co = s.Ci, back.Ho = s.H, back.Wo = s.Wd;
  back.stride = 1, back.padTop = s.kh - 1 - s.padTop, back.padLeft = s.kw - 1 - s.padLeft;
  const int64_t taps = s.kh * s.kw, depth = taps * s.Co, panels = panelsOf(s.Ci);
  if (s.suitsWinograd() && back.suitsWinograd())
    return winograd::convolve(args.dy, {args.filter, s.Co, s.Ci, true}, false, back.tiling(), args.dx, {});
  float* packed = tract::scratch(tract::Area::shared, panels * depth * NR);
  if (back.narrow()) {
    for (int64_t i = 0; i < depth * s.Ci; i++) {
      const int64_t ci = i / depth, tap = i % depth / s.Co, co = i % s.Co;
      packed[i] = args.filter[((taps - 1 - tap) * s.Ci + ci) * s.Co + co];
    }
    return convolve(args.dy, back, s.stride, packed, args.dx, {});
  }
  tract::parallelFor(panels, [&](int64_t p) {
    for (int64_t t = 0; t < taps; t++)
      packPanelTransposed(packed + (p * depth + t * s.Co) * NR, args.filter + (taps - 1 - t) * s.Ci * s.Co, s.Co, s.Co, s.Ci, p);
  });
  if (s.pointwise()) return multiplyPacked(args.dy, false, s.N * s.H * s.Wd, s.Ci, s.Co, packed, args.dx, {});
  convolve(args.dy, back, s.stride, packed, args.dx, {});
}

/** Adds one band's part of the filter gradient: for each filter row, (kx, channel) are the rows and the output channels the columns of a product over pixels. */
static void accumulateFilter(const float* band, int64_t bandWidth, const ConvShape& s, const float* dyPanels, int64_t rows, float* sum, bool first) {
  const int64_t run = s.kw * s.Ci, step = s.stride * s.Ci, rowStep = bandWidth * s.Ci, pixels = rows * s.Wo;
  const bool flat = bandWidth == s.Wo && s.stride == 1;  // rows follow each other without a border: one long row
  const int64_t lines = flat ? 1 : rows, line = pixels / lines;
  for (int64_t ky = 0; ky < s.kh; ky++) {
    for (int64_t p = 0; p < panelsOf(s.Co); p++, sum += run * NR) {
      const float* b = dyPanels + p * pixels * NR;
      forTiles(run, [&](auto size, int64_t m) {
        constexpr int M = decltype(size)::value;
        Tile<M> tile;
        float* to = sum + m * NR;
        if (first)
          tile.clear();
        else
          for (int r = 0; r < M; r++) tile.c[r][0] = load(to + r * NR), tile.c[r][1] = load(to + r * NR + W);
        const float* a = band + ky * rowStep + m;
        for (int64_t y = 0; y < lines; y++) multiplyColumns<M>(tile, a + y * s.stride * rowStep, step, line, b + y * line * NR);
        for (int r = 0; r < M; r++) store(to + r * NR, tile.c[r][0]), store(to + r * NR + W, tile.c[r][1]);
      });
    }
  }
}

/** sum[columns] += the columns of a packed operand. */
static void accumulateBias(const float* dyPanels, int64_t pixels, int64_t columns, float* sum, bool first) {
  for (int64_t p = 0; p < panelsOf(columns); p++) {
    vf s0{}, s1{};
    const float* b = dyPanels + p * pixels * NR;
    for (int64_t i = 0; i < pixels; i++) s0 += load(b + i * NR), s1 += load(b + i * NR + W);
    float* to = sum + p * NR;
    store(to, first ? s0 : load(to) + s0);
    store(to + W, first ? s1 : load(to + W) + s1);
  }
}

/** sum[columns] of dy over pixels, in order. */
static void narrowBias(const float* dy, int64_t pixels, int64_t columns, float* sum) {
  for (int64_t c = 0; c < columns; c++) {
    double total = 0;
    for (int64_t i = 0; i < pixels; i++) total += dy[i * columns + c];
    sum[c] = static_cast<float>(total);
  }
}

/** The filter gradient for few output channels; `parts` partial sums of [kh][Co][run], added in order. */
static void narrowFilterGrads(const ConvFilterGradArgs& args, const ConvShape& s) {
  const Bands bands(s);
  const int64_t run = s.kw * s.Ci, size = s.kh * s.Co * run, parts = std::min<int64_t>(bands.count, 16);
  float* sums = tract::scratch(tract::Area::shared, parts * size);
  tract::parallelFor(parts, [&](int64_t part) {
    float* sum = sums + part * size;
    std::memset(sum, 0, sizeof(float) * size);
    for (int64_t i = part * bands.count / parts; i < (part + 1) * bands.count / parts; i++) {
      const float *band = bands.load(args.x, i), *dy = args.dy + bands.before(i) * s.Co;
      withSize<kNarrow>(static_cast<int>(s.Co), [&](auto channels) {
        narrowFilterGrad<decltype(channels)::value>(band, bands.width * s.Ci, s.stride * s.Ci, s.stride, s.kh, run, dy, bands.rowsOf(i), s.Wo, sum);
      });
    }
  });
  for (int64_t i = 0; i < size; i++) {
    float total = 0;
    for (int64_t part = 0; part < parts; part++) total += sums[part * size + i];
    const int64_t ky = i / (s.Co * run), co = i / run % s.Co, m = i % run;
    args.dFilter[(ky * run + m) * s.Co + co] = total;
  }
  if (args.dBias) narrowBias(args.dy, s.N * s.Ho * s.Wo, s.Co, args.dBias);
}

/** The sum of a row of each of `parts`, in order. */
static inline Tile<1> sumParts(const float* row, int64_t parts, int64_t step) {
  Tile<1> sum;
  sum.clear();
  for (int64_t part = 0; part < parts; part++, row += step) sum.c[0][0] += load(row), sum.c[0][1] += load(row + W);
  return sum;
}

/** Bands are summed in a fixed number of parts, and the parts in order, whatever the threads. */
static void conv2dFilterGrad(const ConvFilterGradArgs& args) {
  ConvShape s(args.sizes);
  if (s.suitsWinograd()) return winograd::filterGrad(args.x, args.dy, s.tiling(), args.dFilter, args.dBias);
  if (s.narrow()) return narrowFilterGrads(args, s);
  if (s.pointwise()) s.H = s.Ho = s.N * s.H * s.Wd, s.N = s.Wd = s.Wo = 1;  // one tall image one pixel wide: no padding, nothing to copy
  const bool inPlace = s.kh == 1 && s.kw == 1 && s.stride == 1 && s.padTop == 0 && s.padLeft == 0;
  const Bands bands(s);
  const int64_t panels = panelsOf(s.Co), run = s.kw * s.Ci, filterSize = s.kh * run * panels * NR, partSize = filterSize + panels * NR;
  const int64_t parts = std::min<int64_t>(bands.count, 16);
  float* sums = tract::scratch(tract::Area::shared, parts * partSize);
  tract::parallelFor(parts, [&](int64_t part) {
    float* sum = sums + part * partSize;
    const int64_t from = part * bands.count / parts, to = (part + 1) * bands.count / parts;
    for (int64_t i = from; i < to; i++) {
      const int64_t rows = bands.rowsOf(i), pixels = rows * s.Wo;
      const float* band = inPlace ? bands.imageOf(args.x, i) + bands.top(i) * s.Wd * s.Ci : bands.load(args.x, i);
      float* dy = tract::scratch(tract::Area::product, panels * pixels * NR);
      for (int64_t p = 0; p < panels; p++) packPanel(dy + p * pixels * NR, args.dy + bands.before(i) * s.Co, s.Co, pixels, s.Co, p);
      accumulateFilter(band, bands.width, s, dy, rows, sum, i == from);
      if (args.dBias) accumulateBias(dy, pixels, s.Co, sum + filterSize, i == from);
    }
  });
  tract::parallelFor(s.kh * panels, [&](int64_t item) {
    const int64_t ky = item / panels, p = item % panels;
    for (int64_t m = 0; m < run; m++)
      storeTile(sumParts(sums + (item * run + m) * NR, parts, partSize), args.dFilter + (ky * run + m) * s.Co, s.Co, p * NR, s.Co);
  });
  if (!args.dBias) return;
  for (int64_t p = 0; p < panels; p++) storeTile(sumParts(sums + filterSize + p * NR, parts, partSize), args.dBias, s.Co, p * NR, s.Co);
}

}  // namespace TRACT_ISA
