import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { scope } from '../scope.js';
import { sameShape, showShape } from '../shape.js';
import { isTracked, record } from '../tape.js';
import { scale, sub } from './arithmetic.js';
import { combine } from './combine.js';
import { sqrt, square } from './elementwise.js';
import { sum } from './reduce.js';
import { reshape } from './shape.js';

/**
 * Weighted squared error: the scalar sum_b weights[b] · sum over the elements of sample b of (prediction - target)².
 * Put 1/N into the weights for a mean over the batch.
 * @throws RangeError when shapes or the number of weights differ.
 */
export function squaredError(prediction: Tensor, target: Tensor, weights: readonly number[]): Tensor {
  if (!sameShape(prediction.shape, target.shape) || prediction.rank < 1 || weights.length !== prediction.shape[0]) {
    throw new RangeError(
      `squaredError: expected two tensors of one shape [N,...] and N weights, got ${showShape(prediction.shape)}, ${showShape(target.shape)} and ${weights.length} weights`,
    );
  }
  const y = run('TractSquaredError', { prediction, target }, { weights });
  if (!isTracked(prediction, target)) return y;
  const slopes = weights.map((weight) => 2 * weight);
  const opposite = slopes.map((slope) => -slope);
  const gradient = (dy: Tensor, signed: readonly number[][]): Tensor =>
    run('Multiply', { a: run('TractCombine', [prediction, target], { coefficients: signed }), b: dy });
  return record(y, [prediction, target], [prediction, target], (dy, needs) => [
    needs[0] ? gradient(dy, [slopes, opposite]) : undefined,
    needs[1] ? gradient(dy, [opposite, slopes]) : undefined,
  ]);
}

export type HuberOptions = {
  /** c > 0 below. */
  readonly width: number;
  /** Take d as the difference of one element, or as the length of the difference of a whole sample. Default: 'elements'. */
  readonly over?: 'elements' | 'samples';
};

/**
 * Weighted pseudo-Huber error: the scalar sum_b weights[b] · 2c·(√(d² + c²) − c), d = prediction − target, summed over the elements of sample b or with
 * |d| over the whole of it: d² where d is well below the width c, 2c·|d| well above it. Source: Charbonnier et al. 1997; over samples Song & Dhariwal 2023.
 * @throws RangeError when shapes or the number of weights differ.
 */
export function pseudoHuberError(
  prediction: Tensor,
  target: Tensor,
  weights: readonly number[],
  { width, over = 'elements' }: HuberOptions,
): Tensor {
  return scope(() => {
    const squares = square(sub(prediction, target));
    const sizes = over === 'samples' ? sum(reshape(squares, [weights.length, -1]), 1) : squares;
    const root = sqrt(scale(sizes, 1, width ** 2));
    return sum(combine([[weights.map((weight) => 2 * width * weight), scale(root, 1, -width)]]));
  });
}
