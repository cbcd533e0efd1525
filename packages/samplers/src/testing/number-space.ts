import type { VectorSpace } from '../vector-space.js';

/** The one-dimensional space in float64, where a sampler's own error shows and nothing else. Its noise is 0. */
export const numberSpace: VectorSpace<number> = {
  combine: (terms) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * x, 0),
  clamp: (x, low, high) => Math.min(Math.max(x, low), high),
  noise: () => 0,
};
