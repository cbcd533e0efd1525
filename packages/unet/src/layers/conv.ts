import { conv2d, type Tensor } from '@tract/tensor';
import type { LayerInit } from '../layer-init.js';
import type { ParamSpec } from '../param-spec.js';

/** kernel [k, k, cIn, cOut], bias [cOut]. */
export type Conv<T> = { readonly kernel: T; readonly bias: T };

export type ConvSize = { readonly size: number; readonly cIn: number; readonly cOut: number };

export function convSpec({ size, cIn, cOut }: ConvSize, init: LayerInit): Conv<ParamSpec> {
  const taps = size * size;
  const { weight, bias } = init(taps * cIn, taps * cOut);
  return { kernel: { shape: [size, size, cIn, cOut], init: weight }, bias: { shape: [cOut], init: bias } };
}

export type ConvOptions = { readonly stride?: number; readonly pad?: number; readonly residual?: Tensor };

/** Convolve x [N, H, W, cIn] to [N, H/stride, W/stride, cOut] and add `residual` of that shape. Zero padding: `pad`. Default: as much as keeps the size. */
export const applyConv = (params: Conv<Tensor>, x: Tensor, options: ConvOptions = {}): Tensor =>
  conv2d(x, params.kernel, { bias: params.bias, ...options });
