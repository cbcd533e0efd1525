import type { VectorSpace } from './vector-space.js';

/** Takes xT through the steps and frees each image once the next one is there. What is yielded is lent until the next pull; xT stays the caller's. */
export async function* walk<T, S>(
  space: VectorSpace<T>,
  xT: T,
  steps: Iterable<S>,
  take: (xt: T, step: S, index: number) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  let xt = xT;
  let index = 0;
  for (const step of steps) {
    const next = await take(xt, step, index++);
    if (xt !== xT) space.dispose?.(xt);
    xt = next;
    yield xt;
  }
}

/** `combine`, after which vectors that only it needed are freed. */
export function combineAndFree<T>(space: VectorSpace<T>, terms: readonly (readonly [number, T])[], free: readonly T[]): T {
  const sum = space.combine(terms);
  for (const vector of free) space.dispose?.(vector);
  return sum;
}
