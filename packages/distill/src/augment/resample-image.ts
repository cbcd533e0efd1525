import { type Affine, mapPoint } from './affine.js';
import { sym6 } from './sym6.js';

export type ImageShape = { readonly height: number; readonly width: number; readonly channels: number };

const taps = sym6.map((tap) => tap * Math.SQRT1_2); // sum 1
/** Centre of the filter's weight. Sample j of a doubled line is what the line is at (j − centre) / 2. */
const centre = taps.reduce((sum, tap, k) => sum + k * tap, 0);

/**
 * An image seen through an affine map, which says for each place of the result, from the middle in pixels, where in the image it comes from. The image is
 * doubled in size by the filter, read off by linear interpolation and halved by the same filter, which keeps out what the new grid cannot show. Beyond
 * its border it goes on as in a mirror. Without a map, or with one by whole pixels, all this gives back the very pixels, since the filter's shifts by twos are
 * orthonormal. Source: Karras et al. 2020 (ADA), Appendix B, where the mirror ends after one image.
 *
 * @param image row-major [height, width, channels].
 * @returns a new array of the same shape.
 */
export function resampleImage(image: Float32Array, { height, width, channels }: ImageShape, source: Affine): Float32Array {
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  // Both halvings look from sample 2i to 2i + 11 of the doubled result: these are its samples.
  const [wide, high] = [2 * (width - 1) + taps.length, 2 * (height - 1) + taps.length];
  const at = (j: number, i: number): [number, number] => {
    const [x, y] = mapPoint(source, (j - centre) / 2 - middleX, (i - centre) / 2 - middleY);
    return [2 * (x + middleX) + centre, 2 * (y + middleY) + centre]; // as places of the doubled image
  };
  const corners = [at(0, 0), at(wide - 1, 0), at(0, high - 1), at(wide - 1, high - 1)];
  const spanX = spanOf(corners.map(([x]) => x));
  const spanY = spanOf(corners.map(([, y]) => y));
  const rows = doubled(image, { lines: height, line: width, inner: channels }, spanX);
  const whole = doubled(rows, { lines: 1, line: height, inner: spanX.count * channels }, spanY);
  const read = new Float32Array(high * wide * channels);
  for (let i = 0; i < high; i++) {
    for (let j = 0; j < wide; j++) {
      const [x, y] = at(j, i);
      interpolate(whole, spanX.count, channels, x - spanX.first, y - spanY.first, read, (i * wide + j) * channels);
    }
  }
  const narrow = halved(read, { lines: high, line: wide, inner: channels }, width);
  return halved(narrow, { lines: 1, line: high, inner: width * channels }, height);
}

type Span = { readonly first: number; readonly count: number };

/** The whole numbers around all of these. */
function spanOf(values: readonly number[]): Span {
  const first = Math.floor(Math.min(...values));
  return { first, count: Math.floor(Math.max(...values)) + 2 - first };
}

/** An array [lines, line, inner], whose middle axis is the one to resample. */
type Lines = { readonly lines: number; readonly line: number; readonly inner: number };

/** Samples span.first, … of the doubled lines: sample j is the sum of 2·taps[j − 2i] times pixel i, the line mirrored at its ends. */
function doubled(values: Float32Array, { lines, line, inner }: Lines, { first, count }: Span): Float32Array {
  const out = new Float32Array(lines * count * inner);
  for (let n = 0; n < lines; n++) {
    for (let j = 0; j < count; j++) {
      const to = (n * count + j) * inner;
      const sample = first + j;
      for (let k = sample & 1; k < taps.length; k += 2) {
        const from = (n * line + mirrored((sample - k) / 2, line)) * inner;
        for (let c = 0; c < inner; c++) out[to + c] += 2 * taps[k] * values[from + c];
      }
    }
  }
  return out;
}

/** Pixel i is the sum of taps[k] times sample 2i + k. */
function halved(values: Float32Array, { lines, line, inner }: Lines, count: number): Float32Array {
  const out = new Float32Array(lines * count * inner);
  for (let n = 0; n < lines; n++) {
    for (let i = 0; i < count; i++) {
      const to = (n * count + i) * inner;
      taps.forEach((tap, k) => {
        const from = (n * line + 2 * i + k) * inner;
        for (let c = 0; c < inner; c++) out[to + c] += tap * values[from + c];
      });
    }
  }
  return out;
}

/** Pixel i of a line that goes on as in mirrors at its first and last pixel. */
function mirrored(i: number, count: number): number {
  if (count === 1) return 0;
  const period = 2 * (count - 1);
  const place = ((i % period) + period) % period;
  return Math.min(place, period - place);
}

/** The pixel at (x, y) of an image [·, width, channels] between its four neighbours, into out[to …]. */
function interpolate(image: Float32Array, width: number, channels: number, x: number, y: number, out: Float32Array, to: number): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const at = (top * width + left) * channels;
  const below = at + width * channels;
  for (let c = 0; c < channels; c++) {
    const upper = image[at + c] * (1 - right) + image[at + channels + c] * right;
    const lower = image[below + c] * (1 - right) + image[below + channels + c] * right;
    out[to + c] = upper * (1 - down) + lower * down;
  }
}
