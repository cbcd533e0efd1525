import { pad, scope, type Tensor, upsample2x } from '@tract/tensor';
import type { BlockStyle } from './block-style.js';
import { type AttentionBlock, applyAttentionBlock, attentionBlockSpec } from './layers/attention-block.js';
import { applyConv, type Conv, convSpec } from './layers/conv.js';
import { applyResBlock, type ResBlock, resBlockSpec } from './layers/res-block.js';
import type { ParamSpec } from './param-spec.js';
import type { StagePlan } from './plan.js';

/** One entry of the network's lists: a residual block, perhaps with attention, or a lone convolution. */
export type Stage<T> = { readonly res: ResBlock<T>; readonly attention?: AttentionBlock<T> } | { readonly conv: Conv<T> };

export function stageSpec(plan: StagePlan, style: BlockStyle): Stage<ParamSpec> {
  const { cIn, cOut } = plan;
  if (plan.kind === 'conv') return { conv: convSpec({ size: 3, cIn, cOut }, style.init.layer) };
  const res = resBlockSpec(plan, style);
  return plan.heads > 0 ? { res, attention: attentionBlockSpec(cOut, style) } : { res };
}

/** Map x [N, H, W, cIn] and embedding [N, embChannels] to [N, H', W', cOut]; H' is H, 2H or H/2. */
export function applyStage(
  plan: StagePlan,
  params: Stage<Tensor>,
  x: Tensor,
  embedding: Tensor,
  style: BlockStyle,
  drop?: (features: Tensor) => Tensor,
): Tensor {
  return scope(() => {
    if ('conv' in params) {
      if (plan.resample === 'up') return applyConv(params.conv, upsample2x(x));
      if (plan.resample === undefined) return applyConv(params.conv, x);
      return style.halvingPad === 'around'
        ? applyConv(params.conv, x, { stride: 2 })
        : applyConv(params.conv, padAfter(x), { stride: 2, pad: 0 });
    }
    const out = applyResBlock(params.res, x, embedding, plan, style, drop);
    if (!params.attention || plan.kind === 'conv') return out;
    return applyAttentionBlock(params.attention, out, plan.heads, style);
  });
}

/** [N, H, W, C] -> [N, H + 1, W + 1, C], a row and a column of zeros at the end. */
const padAfter = (x: Tensor): Tensor =>
  pad(x, [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 0],
  ]);
