import { add, scope, type Tensor, type Tree, type ValueAndGrads } from '@tract/tensor';
import type { Microbatch } from './batch.js';

/** Function from a microbatch to its loss and gradients; `addTo` are gradients to add to, which are consumed. */
export type MicrobatchGradients<P> = (microbatch: Microbatch, addTo: P | undefined) => ValueAndGrads<P>;

/** Check the number of microbatches of a setup, and give it back. @throws RangeError when it is no whole number ≥ 1. */
export function requireAccumulate(name: string, accumulate: number): number {
  if (Number.isInteger(accumulate) && accumulate >= 1) return accumulate;
  throw new RangeError(`${name}: accumulate must be a whole number of microbatches ≥ 1, got ${accumulate}`);
}

/** Check that a batch divides into so many equal microbatches. @throws RangeError */
export function requireMicrobatches(name: string, images: number, accumulate: number): void {
  if (images % accumulate !== 0)
    throw new RangeError(`${name}: accumulate must divide the batch, ${images} images, got ${accumulate}; change one of the two`);
}

/**
 * Sum loss and gradients over `accumulate` equal microbatches, one after the other: what only one needs is freed before the next. The sums are those of the
 * whole batch but for the order in which they are rounded. The caller owns the result.
 */
export function accumulated<P extends Tree<Tensor>>(
  images: number,
  accumulate: number,
  gradientsOf: MicrobatchGradients<P>,
): ValueAndGrads<P> {
  const count = images / accumulate;
  return scope(() => {
    let sum: ValueAndGrads<P> | undefined;
    for (let first = 0; first < images; first += count) {
      const before = sum;
      sum = scope(() => {
        const { value, grads } = gradientsOf({ first, count }, before?.grads);
        return { value: before ? add(before.value, value) : value, grads };
      });
    }
    return sum!;
  });
}
