import { groupNorm, type Tensor } from '@tract/tensor';
import type { BlockStyle } from '../block-style.js';
import type { ParamSpec } from '../param-spec.js';

/** gamma [C], beta [C]. */
export type Norm<T> = { readonly gamma: T; readonly beta: T };

export const normSpec = (channels: number): Norm<ParamSpec> => ({
  gamma: { shape: [channels], init: 'ones' },
  beta: { shape: [channels], init: 'zeros' },
});

export type NormOptions = { readonly scaleShift?: Tensor; readonly silu?: boolean };

/** Group normalisation, then the embedding's scale and shift and SiLU when asked for. Shape kept. */
export const applyNorm = (
  params: Norm<Tensor>,
  x: Tensor,
  { groups, eps }: Pick<BlockStyle, 'groups' | 'eps'>,
  { scaleShift, silu }: NormOptions = {},
): Tensor => groupNorm(x, params.gamma, params.beta, { groups: groups(x.shape[x.rank - 1]), eps, scaleShift, silu });
