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
  bool suitsWinograd() const {
    return kh == 3 && kw == 3 && stride == 1 && Ci % W == 0 && Co % W == 0 && Ci >= 16 && Co >= 16 && Ho * Wo >= 16;
  }
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

/** Output rows of one work item: enough pixels to pay for reading a panel of the filter, few enough to stay in the second-level cache; bands of equal size. */
static int64_t bandRows(int64_t Ho, int64_t Wo) {
  const int64_t most = std::clamp<int64_t>(196 / Wo, 1, Ho), bands = (Ho + most - 1) / most;
  return (Ho + bands - 1) / bands;
}

/** One band of outputs (`rows` rows of Wo pixels at y) from a padded band of the input and a packed filter. */
static void convolveBand(const float* band, int64_t bandWidth, int64_t C, int64_t stride, int64_t kh, int64_t kw, const float* panels,
                         int64_t rows, int64_t Wo, int64_t Co, float* y, Epilogue end) {
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
      storeTile(tile, y + first * Co, Co, p * NR, Co, end.bias, end.residual ? end.residual + first * Co : nullptr, end.relu);
    });
  }
}

/** y = convolution of the (dilated) images with a packed (or narrow) filter; the shape is that of the stride-`stride` convolution over the dilated image. */
static void convolve(const float* x, const ConvShape& s, int64_t dilation, const float* packed, float* y, Epilogue end) {
  const int64_t rows = bandRows(s.Ho, s.Wo), bands = (s.Ho + rows - 1) / rows, width = (s.Wo - 1) * s.stride + s.kw;
  tract::parallelFor(s.N * bands, [&](int64_t item) {
    const int64_t n = item / bands, top = item % bands * rows, count = std::min(rows, s.Ho - top),
                  bandHeight = (count - 1) * s.stride + s.kh;
    float* band = tract::scratch(tract::Area::operand, bandHeight * width * s.Ci);
    loadBand(band, {x + n * s.H * s.Wd * s.Ci, s.H, s.Wd, s.Ci, dilation}, top * s.stride - s.padTop, -s.padLeft, bandHeight, width);
    const int64_t at = (n * s.Ho + top) * s.Wo * s.Co;
    const Epilogue part{end.bias, end.residual ? end.residual + at : nullptr, end.relu};
    if (s.narrow())
      narrowBand(band, width, s.Ci, s.stride, s.kh, s.kw * s.Ci, packed, count, s.Wo, s.Co, y + at, part);
    else
      convolveBand(band, width, s.Ci, s.stride, s.kh, s.kw, packed, count, s.Wo, s.Co, y + at, part);
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
static void accumulateFilter(const float* band, int64_t bandWidth, const ConvShape& s, const float* dyPanels, int64_t rows, float* sum,
                             bool first) {
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
  const int64_t rows = bandRows(s.Ho, s.Wo), bands = (s.Ho + rows - 1) / rows, units = s.N * bands, width = (s.Wo - 1) * s.stride + s.kw;
  const int64_t run = s.kw * s.Ci, size = s.kh * s.Co * run, parts = std::min<int64_t>(units, 16);
  float* sums = tract::scratch(tract::Area::shared, parts * size);
  tract::parallelFor(parts, [&](int64_t part) {
    float* sum = sums + part * size;
    std::memset(sum, 0, sizeof(float) * size);
    for (int64_t unit = part * units / parts; unit < (part + 1) * units / parts; unit++) {
      const int64_t n = unit / bands, top = unit % bands * rows, count = std::min(rows, s.Ho - top),
                    bandHeight = (count - 1) * s.stride + s.kh;
      float* band = tract::scratch(tract::Area::operand, bandHeight * width * s.Ci);
      loadBand(band, {args.x + n * s.H * s.Wd * s.Ci, s.H, s.Wd, s.Ci, 1}, top * s.stride - s.padTop, -s.padLeft, bandHeight, width);
      const float* dy = args.dy + (n * s.Ho + top) * s.Wo * s.Co;
      withSize<kNarrow>(static_cast<int>(s.Co), [&](auto size) {
        narrowFilterGrad<decltype(size)::value>(band, width * s.Ci, s.stride * s.Ci, s.stride, s.kh, run, dy, count, s.Wo, sum);
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

/** Bands are summed in a fixed number of parts, and the parts in order, whatever the threads. */
static void conv2dFilterGrad(const ConvFilterGradArgs& args) {
  ConvShape s(args.sizes);
  if (s.suitsWinograd()) return winograd::filterGrad(args.x, args.dy, s.tiling(), args.dFilter, args.dBias);
  if (s.narrow()) return narrowFilterGrads(args, s);
  if (s.pointwise()) s.H = s.Ho = s.N * s.H * s.Wd, s.N = s.Wd = s.Wo = 1;  // one tall image one pixel wide: no padding, nothing to copy
  const bool inPlace = s.kh == 1 && s.kw == 1 && s.stride == 1 && s.padTop == 0 && s.padLeft == 0;
  const int64_t rows = bandRows(s.Ho, s.Wo), bands = (s.Ho + rows - 1) / rows, units = s.N * bands, width = (s.Wo - 1) * s.stride + s.kw;
  const int64_t panels = panelsOf(s.Co), run = s.kw * s.Ci, filterSize = s.kh * run * panels * NR, partSize = filterSize + panels * NR;
  const int64_t parts = std::min<int64_t>(units, 16);
  float* sums = tract::scratch(tract::Area::shared, parts * partSize);
  tract::parallelFor(parts, [&](int64_t part) {
    float* sum = sums + part * partSize;
    const int64_t from = part * units / parts, to = (part + 1) * units / parts;
    for (int64_t unit = from; unit < to; unit++) {
      const int64_t n = unit / bands, top = unit % bands * rows, count = std::min(rows, s.Ho - top), pixels = count * s.Wo;
      const float* x = args.x + n * s.H * s.Wd * s.Ci;
      const float* band = x + top * s.Wd * s.Ci;
      if (!inPlace) {
        const int64_t bandHeight = (count - 1) * s.stride + s.kh;
        float* padded = tract::scratch(tract::Area::operand, bandHeight * width * s.Ci);
        loadBand(padded, {x, s.H, s.Wd, s.Ci, 1}, top * s.stride - s.padTop, -s.padLeft, bandHeight, width);
        band = padded;
      }
      float* dy = tract::scratch(tract::Area::product, panels * pixels * NR);
      for (int64_t p = 0; p < panels; p++) packPanel(dy + p * pixels * NR, args.dy + (n * s.Ho + top) * s.Wo * s.Co, s.Co, pixels, s.Co, p);
      accumulateFilter(band, width, s, dy, count, sum, unit == from);
      if (args.dBias) accumulateBias(dy, pixels, s.Co, sum + filterSize, unit == from);
    }
  });
  float* dFilter = args.dFilter;
  tract::parallelFor(s.kh * panels, [&](int64_t item) {
    const int64_t ky = item / panels, p = item % panels, column = p * NR;
    for (int64_t m = 0; m < run; m++) {
      Tile<1> tile;
      tile.clear();
      for (int64_t part = 0; part < parts; part++) {
        const float* sum = sums + part * partSize + (item * run + m) * NR;
        tile.c[0][0] += load(sum);
        tile.c[0][1] += load(sum + W);
      }
      storeTile(tile, dFilter + (ky * run + m) * s.Co, s.Co, column, s.Co, nullptr, nullptr);
    }
  });
  if (!args.dBias) return;
  for (int64_t p = 0; p < panels; p++) {
    Tile<1> tile;
    tile.clear();
    for (int64_t part = 0; part < parts; part++) {
      const float* sum = sums + part * partSize + filterSize + p * NR;
      tile.c[0][0] += load(sum);
      tile.c[0][1] += load(sum + W);
    }
    storeTile(tile, args.dBias, s.Co, p * NR, s.Co, nullptr, nullptr);
  }
}

}  // namespace TRACT_ISA
