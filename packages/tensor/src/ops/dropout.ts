import type { Tensor } from '@tensorflow/tfjs-core';
import { listOf, type NoiseKey, requireSamples, type Samples } from '../noise.js';
import { run } from '../run.js';
import { isTracked, record } from '../tape.js';

export type DropoutOptions = NoiseKey & {
  /** Probability that an element is dropped, in [0, 1). */
  readonly rate: number;
  /** Samples of the key, one for each of x. */
  readonly samples: Samples;
};

/**
 * Dropout of x [N, ...]: each element is dropped to 0 with probability `rate`, independently, or else divided by 1 − rate, which keeps the mean. Which ones
 * is a function of the key and of sample and place in it alone, so the gradient finds them again and no mask is kept: element e of a sample is dropped where
 * its uniform number, that of `randomUniforms`, is below the rate. Source: Srivastava et al. 2014.
 * @throws RangeError when rate is not in [0, 1) or there is not one sample of the key for each of x.
 */
export function dropout(x: Tensor, { rate, samples, seed, stream = 0, step = 0 }: DropoutOptions): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: rate must be in [0, 1), got ${rate}`);
  const list = listOf(samples);
  if (list.length !== x.shape[0])
    throw new RangeError(`dropout: needs one sample of the key for each of ${x.shape[0]}, got ${list.length}`);
  requireSamples('dropout', { seed, stream, step }, list);
  const drop = (from: Tensor): Tensor => run('TractDropout', { x: from }, { rate, seed, stream, step, samples: list });
  const y = drop(x);
  return isTracked(x) ? record(y, [x], [], (dy) => [drop(dy)]) : y;
}
