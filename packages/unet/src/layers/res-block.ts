import { add, reshape, scope, type Tensor } from '@tract/tensor';
import type { BlockStyle } from '../block-style.js';
import type { ParamSpec } from '../param-spec.js';
import { applyConv, type Conv, convSpec } from './conv.js';
import { applyLinear, type Linear, linearSpec } from './linear.js';
import { applyNorm, type Norm, normSpec } from './norm.js';
import { scaleSum } from './scale-sum.js';

/** Two normalised convolutions around the embedding's say, plus the input; `skip` is a 1x1 convolution, where the width changes or the style wants one. */
export type ResBlock<T> = {
  readonly norm1: Norm<T>;
  readonly conv1: Conv<T>;
  readonly time: Linear<T>;
  readonly norm2: Norm<T>;
  readonly conv2: Conv<T>;
  readonly skip?: Conv<T>;
};

export type ResBlockPlan = { readonly cIn: number; readonly cOut: number; readonly resample?: 'up' | 'down' };

export function resBlockSpec(
  { cIn, cOut, resample }: ResBlockPlan,
  { embChannels, scaleShift, projectResampled, init }: BlockStyle,
): ResBlock<ParamSpec> {
  const hasSkip = cIn !== cOut || (resample !== undefined && projectResampled);
  return {
    norm1: normSpec(cIn),
    conv1: convSpec({ size: 3, cIn, cOut }, init.layer),
    time: linearSpec({ cIn: embChannels, cOut: scaleShift ? 2 * cOut : cOut }, init.embedding),
    norm2: normSpec(cOut),
    conv2: convSpec({ size: 3, cIn: cOut, cOut }, init.last),
    ...(hasSkip && { skip: convSpec({ size: 1, cIn, cOut }, init.layer) }),
  };
}

/**
 * x [N, H, W, cIn], embedding [N, embChannels] (SiLU already taken) -> [N, H', W', cOut].
 * With scale and shift: h = silu((1 + scale) * norm2(conv1(..)) + shift), [scale | shift] = time(embedding); else the embedding is added before norm2.
 * `drop` is dropout before the second convolution.
 */
export function applyResBlock(
  params: ResBlock<Tensor>,
  x: Tensor,
  embedding: Tensor,
  { resample }: Pick<ResBlockPlan, 'resample'>,
  style: BlockStyle,
  drop?: (features: Tensor) => Tensor,
): Tensor {
  return scope(() => {
    const resampled = (image: Tensor): Tensor => (resample ? style.resample[resample](image) : image);
    const time = applyLinear(params.time, embedding);
    const [batch, width] = time.shape;
    const hidden = scope(() => applyConv(params.conv1, resampled(applyNorm(params.norm1, x, style, { silu: true }))));
    const modulated = style.scaleShift
      ? applyNorm(params.norm2, hidden, style, { scaleShift: time, silu: true })
      : applyNorm(params.norm2, add(hidden, reshape(time, [batch, 1, 1, width])), style, { silu: true });
    const shortcut = resampled(x);
    const residual = params.skip ? applyConv(params.skip, shortcut) : shortcut;
    return scaleSum(applyConv(params.conv2, drop ? drop(modulated) : modulated, { residual }), style);
  });
}
