import { hashNormal, seedKey } from './hash-normal.js';
import type { NoiseSpan } from './vector-space.js';

/** Source of noise: `length` standard normal numbers for a draw, the same for the same index; −1 is the start of a run, 0, 1, … its steps. */
export type Normals = (length: number, index: number, span?: NoiseSpan) => ArrayLike<number>;

/** Normals as a hash of (seed, index, element). @throws RangeError when the seed is not a whole number. */
export function hashNormals(seed: number): Normals {
  const key = seedKey('hashNormals', seed);
  return (length, index) => {
    const normals = new Float32Array(length);
    for (let i = 0; i < length; i++) normals[i] = hashNormal(key, index, i);
    return normals;
  };
}

/** Give each image of a flat batch a source of its own, so that it comes out as it would alone. */
export const normalsPerImage =
  (sources: readonly Normals[]): Normals =>
  (length, index, span) => {
    const each = length / sources.length;
    if (!Number.isInteger(each)) throw new RangeError(`normalsPerImage: ${length} elements do not divide among ${sources.length} images`);
    const normals = new Float32Array(length);
    sources.forEach((source, i) => {
      normals.set(source(each, index, span), i * each);
    });
    return normals;
  };
