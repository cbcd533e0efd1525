import { attention, reshape, scope, type Tensor } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import { applyConv, type Conv, convSpec } from './conv.js';
import { applyNorm, type Norm, normSpec } from './norm.js';

/** Self-attention over the pixels; qkv's channels run (head, {q, k, v}, channel of the head). */
export type AttentionBlock<T> = { readonly norm: Norm<T>; readonly qkv: Conv<T>; readonly out: Conv<T> };

export const attentionBlockSpec = (channels: number): AttentionBlock<ParamSpec> => ({
  norm: normSpec(channels),
  qkv: convSpec({ size: 1, cIn: channels, cOut: 3 * channels }),
  out: convSpec({ size: 1, cIn: channels, cOut: channels, scale: 1e-10 }),
});

/** x [N, H, W, C] -> x + out(attention(qkv(norm(x)))), same shape. */
export function applyAttentionBlock(
  params: AttentionBlock<Tensor>,
  x: Tensor,
  { groups, heads }: { readonly groups: number; readonly heads: number },
): Tensor {
  return scope(() => {
    const [batch, height, width, channels] = x.shape;
    const qkv = applyConv(params.qkv, applyNorm(params.norm, x, { groups }));
    const mixed = attention(reshape(qkv, [batch, height * width, 3 * channels]), { heads });
    return applyConv(params.out, reshape(mixed, [batch, height, width, channels]), { residual: x });
  });
}
