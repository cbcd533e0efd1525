import { type Tensor } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import { type Conv } from './conv.js';
import { type Norm } from './norm.js';
/** Self-attention over the pixels; qkv's channels run (head, {q, k, v}, channel of the head). */
export type AttentionBlock<T> = {
  readonly norm: Norm<T>;
  readonly qkv: Conv<T>;
  readonly out: Conv<T>;
};
export declare const attentionBlockSpec: (channels: number) => AttentionBlock<ParamSpec>;
/** x [N, H, W, C] -> x + out(attention(qkv(norm(x)))), same shape. */
export declare function applyAttentionBlock(
  params: AttentionBlock<Tensor>,
  x: Tensor,
  {
    groups,
    heads,
  }: {
    readonly groups: number;
    readonly heads: number;
  },
): Tensor;
//# sourceMappingURL=attention-block.d.ts.map
