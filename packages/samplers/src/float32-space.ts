import { hashNormal } from './hash-normal.js';
import type { VectorSpace } from './vector-space.js';

/** The space of Float32Arrays; sums are made in float64 and rounded once. Its noise is a function of (seed, index, element) alone. */
export function float32SpaceWithSeed(seed: number): VectorSpace<Float32Array> {
  return {
    combine(terms) {
      const length = sharedLength(terms.map(([, vector]) => vector));
      return Float32Array.from({ length }, (_, i) => terms.reduce((sum, [coefficient, vector]) => sum + coefficient * vector[i], 0));
    },
    clamp: (x, low, high) => x.map((value) => Math.min(Math.max(value, low), high)),
    noise: (like, index) => like.map((_, i) => hashNormal(seed, index, i)),
  };
}

/** The space of Float32Arrays with the noise of seed 0. */
export const float32Space: VectorSpace<Float32Array> = float32SpaceWithSeed(0);

function sharedLength(vectors: readonly Float32Array[]): number {
  const lengths = [...new Set(vectors.map(({ length }) => length))];
  if (lengths.length !== 1) {
    throw new RangeError(`float32Space: combine needs one or more vectors of one length, got lengths [${lengths}]`);
  }
  return lengths[0];
}
