import type { Tensor } from '@tensorflow/tfjs-core';
import { runMany } from '../run.js';
import { sameShape, showShape } from '../shape.js';
import { isTracked, record } from '../tape.js';

export type GroupNormOptions = {
  /** Number of groups of neighbouring channels; must divide C. */
  readonly groups: number;
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** [N,2C]: scale in the first C columns, shift in the rest. */
  readonly scaleShift?: Tensor;
  /** Apply u·sigmoid(u) at the end. Default: false. */
  readonly silu?: boolean;
};

function check(x: Tensor, gamma: Tensor, beta: Tensor, groups: number, scaleShift: Tensor | undefined): void {
  const channels = x.shape[x.rank - 1];
  if (x.rank < 2 || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new RangeError(`groupNorm: expected x [N,...,C] with C a multiple of groups, got ${showShape(x.shape)} and ${groups} groups`);
  }
  if (!sameShape(gamma.shape, [channels]) || !sameShape(beta.shape, [channels])) {
    throw new RangeError(
      `groupNorm: gamma and beta must have shape [${channels}], got ${showShape(gamma.shape)} and ${showShape(beta.shape)}`,
    );
  }
  if (scaleShift !== undefined && !sameShape(scaleShift.shape, [x.shape[0], 2 * channels])) {
    throw new RangeError(`groupNorm: scaleShift must have shape [${x.shape[0]},${2 * channels}], got ${showShape(scaleShift.shape)}`);
  }
}

/**
 * Group normalisation of x [N,...,C] (Wu & He 2018) with the two steps that follow it in a U-Net: with xhat = (x - mean) / sqrt(var + eps)
 * per sample and group, u = (xhat·gamma + beta)·(1 + scale) + shift, and y = silu ? u·sigmoid(u) : u.
 * @throws RangeError when shapes do not fit.
 */
export function groupNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { groups, eps = 1e-5, scaleShift, silu = false }: GroupNormOptions,
): Tensor {
  check(x, gamma, beta, groups, scaleShift);
  const attributes = { groups, eps, silu };
  const inputs: Record<string, Tensor> = { x, gamma, beta };
  if (scaleShift !== undefined) inputs.scaleShift = scaleShift;
  const [y, mean, rstd] = runMany('TractGroupNorm', inputs, attributes);
  if (!isTracked(x, gamma, beta, scaleShift)) {
    mean.dispose();
    rstd.dispose();
    return y;
  }
  const sources = [x, gamma, beta];
  if (scaleShift !== undefined) sources.push(scaleShift);
  return record(y, sources, [...sources, mean, rstd], (dy) => {
    const gradInputs: Record<string, Tensor> = { dy, x, gamma, beta, mean, rstd };
    if (scaleShift !== undefined) gradInputs.scaleShift = scaleShift;
    return runMany('TractGroupNormGrad', gradInputs, attributes);
  });
}
