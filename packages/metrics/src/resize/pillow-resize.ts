import { type AxisWeights, type PillowFilter, pillowWeights } from './pillow-weights.js';
import { checkResize, type Raster, type RasterSize } from './raster.js';

/** Fraction bits of the weights of bytes: 32, less 8 of the byte and 2 of headroom for weights that overshoot. */
const FRACTION_BITS = 22;

/**
 * Resize as Pillow's `Image.resize` does: rows first, then columns, antialiased where the image shrinks. Bytes give the very bytes of Pillow, whose
 * integer arithmetic this is (modes L and RGB); floats are summed in float64 and rounded to float32 after each pass (mode F, each channel by itself).
 * @throws RangeError for sizes that cannot be.
 */
export function resizePillow<D extends Uint8Array | Float32Array>(image: Raster<D>, to: RasterSize, filter: PillowFilter): Raster<D> {
  checkResize('resizePillow', image, to);
  const pass = image.data instanceof Uint8Array ? bytePass : floatPass;
  const { height, width, channels } = image;
  let data: Uint8Array | Float32Array = image.data;
  if (to.width !== width) {
    data = pass(data as never, pillowWeights(width, to.width, filter), { lines: height, length: width, stride: channels });
  }
  if (to.height !== height) {
    data = pass(data as never, pillowWeights(height, to.height, filter), { lines: 1, length: height, stride: to.width * channels });
  }
  return { data: (data === image.data ? data.slice() : data) as D, ...to, channels };
}

/** `lines` groups of `length` old pixels that lie `stride` values apart; the values of a stride are resized side by side. */
type Lines = { readonly lines: number; readonly length: number; readonly stride: number };

function floatPass(data: Float32Array, axis: AxisWeights, { lines, length, stride }: Lines): Float32Array {
  const count = axis.starts.length;
  const out = new Float32Array(lines * count * stride);
  const sums = new Float64Array(stride);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < count; i++) {
      sums.fill(0);
      for (let j = 0; j < axis.counts[i]; j++) {
        const weight = axis.weights[i * axis.stride + j];
        const from = (line * length + axis.starts[i] + j) * stride;
        for (let c = 0; c < stride; c++) sums[c] += data[from + c] * weight;
      }
      out.set(sums, (line * count + i) * stride);
    }
  }
  return out;
}

function bytePass(data: Uint8Array, axis: AxisWeights, { lines, length, stride }: Lines): Uint8Array {
  const count = axis.starts.length;
  const weights = Int32Array.from(axis.weights, (weight) => Math.trunc(weight * 2 ** FRACTION_BITS + (weight < 0 ? -0.5 : 0.5)));
  // A Uint8ClampedArray takes what overshoots as Pillow does.
  const out = new Uint8ClampedArray(lines * count * stride);
  const sums = new Int32Array(stride);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < count; i++) {
      sums.fill(1 << (FRACTION_BITS - 1));
      for (let j = 0; j < axis.counts[i]; j++) {
        const weight = weights[i * axis.stride + j];
        const from = (line * length + axis.starts[i] + j) * stride;
        for (let c = 0; c < stride; c++) sums[c] += data[from + c] * weight;
      }
      const to = (line * count + i) * stride;
      for (let c = 0; c < stride; c++) out[to + c] = sums[c] >> FRACTION_BITS;
    }
  }
  return new Uint8Array(out.buffer);
}
