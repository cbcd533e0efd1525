import { resizeBilinear } from '../resize/bilinear-resize.js';
import { resizePillow } from '../resize/pillow-resize.js';
import type { Raster } from '../resize/raster.js';

/** Side of the images that the network was trained on and FID is defined with. */
export const INCEPTION_SIZE = 299;

/**
 * How images are brought to 299 × 299 and scaled, as the field names it; scores of different modes must not be compared.
 * `pytorch-fid`: half-pixel bilinear, x / 127.5 - 1, as pytorch-fid and ml-tract. `clean`: Pillow's bicubic in float, antialiased, then (x - 128) / 128, as
 * clean-fid. `tf1`: corner-anchored bilinear, (x - 128) / 128, as the first FIDs and torch-fidelity.
 */
export type InceptionMode = 'clean' | 'pytorch-fid' | 'tf1';
export const inceptionModes: readonly InceptionMode[] = ['clean', 'pytorch-fid', 'tf1'];

/** 8-bit images [count, height, width, channels], one after the other. */
export type ImageBatch = {
  readonly data: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
};

const size = { height: INCEPTION_SIZE, width: INCEPTION_SIZE };

/** The batch as the network takes it, [count, 299, 299, 3] row-major. Grey is shown as equal red, green and blue. @throws RangeError for other than 1 or 3 channels. */
export function inceptionInput({ data, count, height, width, channels }: ImageBatch, mode: InceptionMode): Float32Array {
  if (channels !== 1 && channels !== 3) throw new RangeError(`inceptionInput: expected 1 or 3 channels, got ${channels}`);
  const pixels = INCEPTION_SIZE * INCEPTION_SIZE;
  const input = new Float32Array(count * pixels * 3);
  const length = height * width * channels;
  for (let n = 0; n < count; n++) {
    const image = { data: Float32Array.from(data.subarray(n * length, (n + 1) * length)), height, width, channels };
    const resized = scaled(resized299(image, mode), mode);
    const out = input.subarray(n * pixels * 3, (n + 1) * pixels * 3);
    if (channels === 3) out.set(resized);
    else for (let p = 0; p < pixels; p++) out.fill(resized[p], 3 * p, 3 * p + 3);
  }
  return input;
}

function resized299(image: Raster<Float32Array>, mode: InceptionMode): Float32Array {
  if (image.height === INCEPTION_SIZE && image.width === INCEPTION_SIZE) return image.data;
  if (mode === 'pytorch-fid') return resizeBilinear(image, size, 'half-pixel').data;
  if (mode === 'tf1') return resizeBilinear(image, size, 'corner').data;
  // A cubic overshoots at edges.
  return resizePillow(image, size, 'bicubic').data.map((value) => Math.min(Math.max(value, 0), 255));
}

const scaled = (values: Float32Array, mode: InceptionMode): Float32Array =>
  mode === 'pytorch-fid' ? values.map((value) => value / 127.5 - 1) : values.map((value) => (value - 128) / 128);
