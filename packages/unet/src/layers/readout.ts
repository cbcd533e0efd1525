import { scope, type Tensor } from '@tract/tensor';
import type { BlockStyle } from '../block-style.js';
import type { ParamSpec } from '../param-spec.js';
import { applyConv, type Conv, convSpec } from './conv.js';
import { applyNorm, type Norm, normSpec } from './norm.js';

/** Layer from features to an image: a normalisation and a 3x3 convolution. */
export type Readout<T> = { readonly norm: Norm<T>; readonly conv: Conv<T> };

export const readoutSpec = ({ cIn, cOut }: { readonly cIn: number; readonly cOut: number }, { init }: BlockStyle): Readout<ParamSpec> => ({
  norm: normSpec(cIn),
  conv: convSpec({ size: 3, cIn, cOut }, init.last),
});

/** Map x [N, H, W, cIn] to conv(silu(norm(x))) [N, H, W, cOut]. */
export const applyReadout = (params: Readout<Tensor>, x: Tensor, style: BlockStyle): Tensor =>
  scope(() => applyConv(params.conv, applyNorm(params.norm, x, style, { silu: true })));
