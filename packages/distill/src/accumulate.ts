import { add, scope, type Tensor, type Tree, type ValueAndGrads } from '@tract/tensor';
import type { Part } from './batch.js';

/** Function from a part of a batch to its loss and gradients; `addTo` are gradients to add to, which are consumed. */
export type PartGradients<P> = (part: Part, addTo: P | undefined) => ValueAndGrads<P>;

/** @throws RangeError when a setup asks for parts that are none. */
export function requireAccumulate(name: string, accumulate: number): number {
  if (Number.isInteger(accumulate) && accumulate >= 1) return accumulate;
  throw new RangeError(`${name}: accumulate must be a whole number of parts ≥ 1, got ${accumulate}`);
}

/** @throws RangeError when a batch cannot be cut into so many equal parts. */
export function requireParts(name: string, images: number, accumulate: number): void {
  if (images % accumulate !== 0)
    throw new RangeError(`${name}: accumulate must divide the batch, ${images} images, got ${accumulate}; change one of the two`);
}

/**
 * Loss and gradients of a batch, one after the other of `accumulate` equal parts: what only a part needs is freed before the next. The sums are those of the
 * whole batch but for the order in which they are rounded. The caller owns the result.
 */
export function accumulated<P extends Tree<Tensor>>(images: number, accumulate: number, gradientsOf: PartGradients<P>): ValueAndGrads<P> {
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
