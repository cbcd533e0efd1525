import type { Tensor } from '@tensorflow/tfjs-core';
import { randomUniforms } from '../noise.js';
import { mul } from '../ops/arithmetic.js';
import { tensor } from '../tensor.js';
import { composed } from './compose.js';

type Options = {
  readonly rate: number;
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
  readonly samples: readonly number[];
};

/** The factors are drawn on the host and handed to the backend, so that the same elements are dropped everywhere. */
export const dropout = composed(({ x }: { readonly x: Tensor }, { rate, samples, ...key }: Options) => {
  const factors = new Float32Array(x.size);
  const perSample = x.size / samples.length;
  samples.forEach((sample, i) => {
    const uniforms = randomUniforms({ ...key, sample }, perSample);
    for (let e = 0; e < perSample; e++) factors[i * perSample + e] = uniforms[e] < rate ? 0 : 1 / (1 - rate);
  });
  return mul(x, tensor(factors, x.shape));
});
