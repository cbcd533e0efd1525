import { add, type GradientListener, type GradientOptions, scope, type Tensor, type Tree, type ValueAndGrads } from '@tract/tensor';
import type { Microbatch } from './batch.js';

/** What `valueAndGrad` is to do with the gradients of a microbatch: add them to others', and in the last one announce the sums. */
export type MicrobatchOptions<P> = Omit<GradientOptions<P>, 'reuse'>;

/** Function from a microbatch to its loss and gradients. */
export type MicrobatchGradients<P> = (microbatch: Microbatch, options: MicrobatchOptions<P>) => ValueAndGrads<P>;

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

/** Options of the gradients of a batch. The listener hears of those of the part, during its last microbatch. */
export type BatchGradientOptions<P> = GradientListener<P> & {
  /** Images that count; the loss is still averaged over the whole batch, so that the sums of all parts' losses and gradients are the batch's. Default: all. */
  readonly part?: Microbatch;
};

/**
 * Sum loss and gradients over microbatches, one after the other: what only one needs is freed before the next. None has more images than one of `accumulate` equal
 * ones. The sums are those of the whole batch but for the order in which they are rounded. The caller owns the result.
 */
export function accumulated<P extends Tree<Tensor>>(
  images: number,
  accumulate: number,
  { part = { first: 0, count: images }, ...listener }: BatchGradientOptions<P>,
  gradientsOf: MicrobatchGradients<P>,
): ValueAndGrads<P> {
  const end = part.first + part.count;
  const most = Math.ceil(part.count / Math.ceil((part.count * accumulate) / images));
  return scope(() => {
    let sum: ValueAndGrads<P> | undefined;
    for (let first = part.first; first < end; first += most) {
      const before = sum;
      sum = scope(() => {
        const count = Math.min(most, end - first);
        const isLast = first + count === end;
        const { value, grads } = gradientsOf({ first, count }, { ...(isLast && listener), addTo: before?.grads });
        return { value: before ? add(before.value, value) : value, grads };
      });
    }
    return sum!;
  });
}
