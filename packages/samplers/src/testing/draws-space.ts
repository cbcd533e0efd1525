import type { VectorSpace } from '../vector-space.js';

/**
 * Vectors are the weights of independent standard normal draws, so that mean and spread are known without drawing: element 0 is the mean (what a constant
 * adds), element 1 the start, element i + 2 the draw i.
 */
export const drawsSpace: VectorSpace<readonly number[]> = {
  combine: (terms) => {
    const length = Math.max(...terms.map(([, x]) => x.length));
    return Array.from({ length }, (_, i) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * (x[i] ?? 0), 0));
  },
  clamp: (x) => x,
  noise: (_, index) => [...new Array<number>(index + 2).fill(0), 1],
};
