import { attention, reshape, scope, type Tensor } from '@tract/tensor';
import type { BlockStyle } from '../block-style.js';
import type { ParamSpec } from '../param-spec.js';
import { applyConv, type Conv, convSpec } from './conv.js';
import { applyNorm, type Norm, normSpec } from './norm.js';
import { scaleSum } from './scale-sum.js';

/** Self-attention over the pixels; qkv's channels run (head, {q, k, v}, channel of the head). */
export type AttentionBlock<T> = { readonly norm: Norm<T>; readonly qkv: Conv<T>; readonly out: Conv<T> };

export const attentionBlockSpec = (channels: number, { init }: BlockStyle): AttentionBlock<ParamSpec> => ({
  norm: normSpec(channels),
  qkv: convSpec({ size: 1, cIn: channels, cOut: 3 * channels }, init.qkv),
  out: convSpec({ size: 1, cIn: channels, cOut: channels }, init.last),
});

/** Map x [N, H, W, C] to (x + out(attention(qkv(norm(x))))) * skipScale, same shape. */
export function applyAttentionBlock(params: AttentionBlock<Tensor>, x: Tensor, heads: number, style: BlockStyle): Tensor {
  return scope(() => {
    const [batch, height, width, channels] = x.shape;
    const qkv = applyConv(params.qkv, applyNorm(params.norm, x, style));
    const mixed = attention(reshape(qkv, [batch, height * width, 3 * channels]), { heads });
    return scaleSum(applyConv(params.out, reshape(mixed, [batch, height, width, channels]), { residual: x }), style);
  });
}
