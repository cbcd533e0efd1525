import { read, type Tensor } from '@tract/tensor';
import { type Finding, largest, relativeError } from './compare.js';

/** One gradient of ours and of the file, in the same order. */
export type GradientPair = { readonly what: string; readonly ours: Tensor; readonly expected: ArrayLike<number> };

/** All gradients of one loss, each relative to its own largest entry. */
export function compareGradients(pairs: readonly GradientPair[], tolerance: number): Promise<Finding[]> {
  const steepest = Math.max(...pairs.map(({ expected }) => largest(expected)));
  return Promise.all(
    pairs.map(async ({ what, ours, expected }) => ({
      what,
      error: relativeError(await read(ours), expected, gradientScale(largest(expected), steepest)),
      tolerance,
    })),
  );
}

/**
 * Return the scale that a gradient is measured against: its largest entry. A parameter that the loss does not depend on (a bias before a normalisation of
 * one channel a group) has rounding for a gradient on both sides; it must be below a millionth of the steepest one, whatever its digits.
 */
const gradientScale = (itsLargest: number, steepest: number): number => (itsLargest < 1e-5 * steepest ? 1e-2 * steepest : itsLargest);
