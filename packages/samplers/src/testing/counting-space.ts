import type { VectorSpace } from '../vector-space.js';
import { numberSpace } from './number-space.js';

export type Counted = { readonly value: number };

/** A space of numbers that knows which vectors live. Freeing one twice, or one that it did not make, is an error. */
export function countingSpace(): { readonly space: VectorSpace<Counted>; readonly live: () => number } {
  const living = new Set<Counted>();
  const make = (value: number) => {
    const vector = { value };
    living.add(vector);
    return vector;
  };
  const space: VectorSpace<Counted> = {
    combine: (terms) => make(numberSpace.combine(terms.map(([coefficient, x]) => [coefficient, x.value] as const))),
    clamp: (x, low, high) => make(numberSpace.clamp(x.value, low, high)),
    noise: () => make(0),
    dispose: (x) => {
      if (!living.delete(x)) throw new Error('countingSpace: freed a vector twice, or one from elsewhere');
    },
    multiply: (x, y) => make(x.value * y.value),
  };
  return { space, live: () => living.size };
}
