import { linear, type Tensor } from '@tract/tensor';
import { fanAverage, type ParamSpec } from '../param-spec.js';

/** weight [cIn, cOut], bias [cOut]. */
export type Linear<T> = { readonly weight: T; readonly bias: T };

export type LinearSize = { readonly cIn: number; readonly cOut: number; readonly scale?: number };

export const linearSpec = ({ cIn, cOut, scale }: LinearSize): Linear<ParamSpec> => ({
  weight: { shape: [cIn, cOut], init: fanAverage(cIn, cOut, scale) },
  bias: { shape: [cOut], init: 'zeros' },
});

/** x [N, cIn] -> [N, cOut]. */
export const applyLinear = (params: Linear<Tensor>, x: Tensor): Tensor => linear(x, params.weight, params.bias);
