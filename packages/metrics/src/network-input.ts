import type { Images } from '@tract/images';
import { resizeBilinear } from './resize/bilinear-resize.js';
import { resizePillow } from './resize/pillow-resize.js';
import type { Raster, RasterSize } from './resize/raster.js';

/**
 * Resizing and scaling of images for a network, by the field's name for it; scores of different modes must not be compared.
 * `pytorch-fid`: half-pixel bilinear, x / 127.5 - 1, as pytorch-fid and ml-tract. `clean`: Pillow's bicubic in float, antialiased, then (x - 128) / 128, as
 * clean-fid. `tf1`: corner-anchored bilinear, (x - 128) / 128, as the first FIDs and torch-fidelity.
 */
export type InputMode = 'clean' | 'pytorch-fid' | 'tf1';
export const inputModes: readonly InputMode[] = ['clean', 'pytorch-fid', 'tf1'];

/** The batch as a network of RGB images takes it, [count, height, width, 3] row-major. Grey becomes equal red, green and blue. @throws RangeError for other than 1 or 3 channels. */
export function networkInput({ data, count, height, width, channels }: Images, mode: InputMode, to: RasterSize): Float32Array {
  if (channels !== 1 && channels !== 3) throw new RangeError(`networkInput: expected 1 or 3 channels, got ${channels}`);
  const pixels = to.height * to.width;
  const input = new Float32Array(count * pixels * 3);
  const length = height * width * channels;
  for (let n = 0; n < count; n++) {
    const image = { data: Float32Array.from(data.subarray(n * length, (n + 1) * length)), height, width, channels };
    const values = scaled(resized(image, mode, to), mode);
    const out = input.subarray(n * pixels * 3, (n + 1) * pixels * 3);
    if (channels === 3) out.set(values);
    else for (let p = 0; p < pixels; p++) out.fill(values[p], 3 * p, 3 * p + 3);
  }
  return input;
}

function resized(image: Raster<Float32Array>, mode: InputMode, to: RasterSize): Float32Array {
  if (image.height === to.height && image.width === to.width) return image.data;
  if (mode === 'pytorch-fid') return resizeBilinear(image, to, 'half-pixel').data;
  if (mode === 'tf1') return resizeBilinear(image, to, 'corner').data;
  // A cubic overshoots at edges.
  return resizePillow(image, to, 'bicubic').data.map((value) => Math.min(Math.max(value, 0), 255));
}

const scaled = (values: Float32Array, mode: InputMode): Float32Array =>
  mode === 'pytorch-fid' ? values.map((value) => value / 127.5 - 1) : values.map((value) => (value - 128) / 128);
