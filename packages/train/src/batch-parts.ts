import type { BatchGradientOptions, Microbatch } from '@tract/distill';
import type { GradientListener, ValueAndGrads } from '@tract/tensor';

/** Which of a batch's gradients are wanted, and who hears of them. */
export type BatchParts<P> = GradientListener<P> & {
  /** Parts of the batch, of each of which the gradients are taken by themselves. Default: all of it. */
  readonly parts?: readonly Microbatch[];
  /** Called with the loss and the gradients of each part but the last, which are returned. Owns them. */
  readonly onPart?: (gradients: ValueAndGrads<P>) => void;
};

/** Take the gradients of each part; the listener hears of those of the last one. */
export function gradientsOfParts<P>(
  { parts = [], onPart, ...listener }: BatchParts<P>,
  gradientsOf: (options: BatchGradientOptions<P>) => ValueAndGrads<P>,
): ValueAndGrads<P> {
  for (const part of parts.slice(0, -1)) onPart!(gradientsOf({ part }));
  return gradientsOf({ ...listener, part: parts.at(-1) });
}
