import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { sameShape, showShape } from '../shape.js';
import { isTracked, record } from '../tape.js';

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
