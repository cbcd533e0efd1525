import { pillowFilters, type Raster, resizeBilinear, resizePillow } from '@tract/metrics';
import { type Finding, relativeError } from './compare.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';

const floatTolerance = 1e-4;

/**
 * Resized images: `image` enlarged and `large` shrunk by Pillow's filters to `FILTER.upN` and `FILTER.downN`, bytes exactly; `bicubic.float.upN` and torch's
 * `bilinear.torch.upN` in float32.
 */
export const resize: Kind = {
  name: 'resize',
  recognises: (file) => file.has('image') && file.has('large') && file.names.some((name) => resultName.test(name)),
  usesBackend: false,
  check: async (file) => file.names.filter((name) => name !== 'image' && name !== 'large').map((name) => check(file, name)),
};

const resultName = /^(\w+)(?:\.(float|torch))?\.(up|down)(\d+)$/;

function check(file: GoldenFile, what: string): Finding {
  const [, filter, mode, direction, side] = resultName.exec(what) ?? [];
  const known = pillowFilters.find((name) => name === filter);
  if (known === undefined) throw new BrokenFile(`'${what}' is no result of a resizer that is known`);
  const image = rasterOf(file, direction === 'up' ? 'image' : 'large');
  const to = { height: Number(side), width: Number(side) };
  const floats = { ...image, data: Float32Array.from(image.data) };
  if (mode === 'torch') {
    return { what, error: relativeError(resizeBilinear(floats, to, 'half-pixel').data, file.floats(what)), tolerance: floatTolerance };
  }
  if (mode === 'float')
    return { what, error: relativeError(resizePillow(floats, to, known).data, file.floats(what)), tolerance: floatTolerance };
  return { what, error: relativeError(resizePillow(image, to, known).data, file.bytes(what)), tolerance: 0 };
}

function rasterOf(file: GoldenFile, name: string): Raster<Uint8Array> {
  const [height, width, channels] = file.shape(name);
  return { data: file.bytes(name), height, width, channels };
}
