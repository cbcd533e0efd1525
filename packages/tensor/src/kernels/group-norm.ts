import type { Tensor } from '@tensorflow/tfjs-core';
import { innerVjp } from '../gradient.js';
import { add, div, mul, scale, sub } from '../ops/arithmetic.js';
import { silu as applySilu, sqrt, square } from '../ops/elementwise.js';
import { mean } from '../ops/reduce.js';
import { reshape, slice } from '../ops/shape.js';
import { fill } from '../tensor.js';
import { composed } from './compose.js';

type Inputs = { readonly x: Tensor; readonly gamma: Tensor; readonly beta: Tensor; readonly scaleShift?: Tensor };
type Options = { readonly groups: number; readonly eps: number; readonly silu: boolean };

/** The whole formula, in differentiable operations: [y, mean [N,1,G,1], rstd [N,1,G,1]]. */
function normalise({ x, gamma, beta, scaleShift }: Inputs, { groups, eps, silu }: Options): [Tensor, Tensor, Tensor] {
  const samples = x.shape[0];
  const channels = x.shape[x.rank - 1];
  const positions = x.size / (samples * channels);
  const grouped = reshape(x, [samples, positions, groups, channels / groups]);
  const center = mean(grouped, [1, 3], true);
  const centered = sub(grouped, center);
  const rstd = div(fill([], 1), sqrt(scale(mean(square(centered), [1, 3], true), 1, eps)));
  const xhat = reshape(mul(centered, rstd), [samples, positions, channels]);
  let u = add(mul(xhat, gamma), beta);
  if (scaleShift !== undefined) {
    const factor = scale(reshape(slice(scaleShift, [0, 0], [samples, channels]), [samples, 1, channels]), 1, 1);
    const shift = reshape(slice(scaleShift, [0, channels], [samples, channels]), [samples, 1, channels]);
    u = add(mul(u, factor), shift);
  }
  return [reshape(silu ? applySilu(u) : u, x.shape), center, rstd];
}

export const groupNorm = composed((inputs: Inputs, options: Options) => {
  const [y, center, rstd] = normalise(inputs, options);
  const perGroup = [inputs.x.shape[0], options.groups];
  return [y, reshape(center, perGroup), reshape(rstd, perGroup)];
});

/** One formula for both directions: the gradient is the reverse pass through the composition, which works mean and rstd out again. */
export const groupNormGrad = composed(({ dy, x, gamma, beta, scaleShift }: Inputs & { readonly dy: Tensor }, options: Options) => {
  const inputs = scaleShift === undefined ? { x, gamma, beta } : { x, gamma, beta, scaleShift };
  const { grads } = innerVjp((given: typeof inputs) => normalise(given, options)[0], inputs, dy);
  return Object.values(grads);
});
