import { linear, type Tensor } from '@tract/tensor';
import type { LayerInit } from '../layer-init.js';
import type { ParamSpec } from '../param-spec.js';

/** weight [cIn, cOut], bias [cOut] where there is one. */
export type Linear<T> = { readonly weight: T; readonly bias?: T };

export type LinearSize = { readonly cIn: number; readonly cOut: number; readonly biased?: boolean };

export function linearSpec({ cIn, cOut, biased = true }: LinearSize, init: LayerInit): Linear<ParamSpec> {
  const { weight, bias } = init(cIn, cOut);
  return { weight: { shape: [cIn, cOut], init: weight }, ...(biased && { bias: { shape: [cOut], init: bias } }) };
}

/** Map x [N, cIn] to [N, cOut]. */
export const applyLinear = (params: Linear<Tensor>, x: Tensor): Tensor => linear(x, params.weight, params.bias);
