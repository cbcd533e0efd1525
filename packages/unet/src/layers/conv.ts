import { conv2d, type Tensor } from '@tract/tensor';
import { fanAverage, type ParamSpec } from '../param-spec.js';

/** kernel [k, k, cIn, cOut], bias [cOut]. */
export type Conv<T> = { readonly kernel: T; readonly bias: T };

export type ConvSize = { readonly size: number; readonly cIn: number; readonly cOut: number; readonly scale?: number };

export function convSpec({ size, cIn, cOut, scale }: ConvSize): Conv<ParamSpec> {
  const taps = size * size;
  return {
    kernel: { shape: [size, size, cIn, cOut], init: fanAverage(taps * cIn, taps * cOut, scale) },
    bias: { shape: [cOut], init: 'zeros' },
  };
}

/** x [N, H, W, cIn] -> [N, H/stride, W/stride, cOut], plus `residual` of that shape; zeros around the image. */
export const applyConv = (
  params: Conv<Tensor>,
  x: Tensor,
  options: { readonly stride?: number; readonly residual?: Tensor } = {},
): Tensor => conv2d(x, params.kernel, { bias: params.bias, ...options });
