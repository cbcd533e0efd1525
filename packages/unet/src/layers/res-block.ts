import { add, avgPool2x, reshape, scope, type Tensor, upsample2x } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import { applyConv, type Conv, convSpec } from './conv.js';
import { applyLinear, type Linear, linearSpec } from './linear.js';
import { applyNorm, type Norm, normSpec } from './norm.js';

/** Two normalised convolutions around the embedding's say, plus the input; `skip` is a 1x1 convolution where the width changes. */
export type ResBlock<T> = {
  readonly norm1: Norm<T>;
  readonly conv1: Conv<T>;
  readonly time: Linear<T>;
  readonly norm2: Norm<T>;
  readonly conv2: Conv<T>;
  readonly skip?: Conv<T>;
};

export type ResBlockSize = { readonly cIn: number; readonly cOut: number; readonly embChannels: number; readonly scaleShift: boolean };

export function resBlockSpec({ cIn, cOut, embChannels, scaleShift }: ResBlockSize): ResBlock<ParamSpec> {
  return {
    norm1: normSpec(cIn),
    conv1: convSpec({ size: 3, cIn, cOut }),
    // Scale and shift start at almost nothing, an added embedding does not.
    time: linearSpec(scaleShift ? { cIn: embChannels, cOut: 2 * cOut, scale: 1e-10 } : { cIn: embChannels, cOut }),
    norm2: normSpec(cOut),
    conv2: convSpec({ size: 3, cIn: cOut, cOut, scale: 1e-10 }),
    ...(cIn === cOut ? {} : { skip: convSpec({ size: 1, cIn, cOut }) }),
  };
}

export type ResBlockOptions = { readonly groups: number; readonly scaleShift: boolean; readonly resample?: 'up' | 'down' };

const resamplers = { up: upsample2x, down: avgPool2x };

/**
 * x [N, H, W, cIn], embedding [N, embChannels] (SiLU already taken) -> [N, H', W', cOut].
 * With scale and shift: h = silu((1 + scale) * norm2(conv1(..)) + shift), [scale | shift] = time(embedding); else the embedding is added before norm2.
 */
export function applyResBlock(
  params: ResBlock<Tensor>,
  x: Tensor,
  embedding: Tensor,
  { groups, scaleShift, resample }: ResBlockOptions,
): Tensor {
  return scope(() => {
    const resampled = (image: Tensor): Tensor => (resample ? resamplers[resample](image) : image);
    const time = applyLinear(params.time, embedding);
    const width = params.time.bias.size;
    const hidden = scope(() => applyConv(params.conv1, resampled(applyNorm(params.norm1, x, { groups, silu: true }))));
    const modulated = scaleShift
      ? applyNorm(params.norm2, hidden, { groups, scaleShift: time, silu: true })
      : applyNorm(params.norm2, add(hidden, reshape(time, [time.size / width, 1, 1, width])), { groups, silu: true });
    const shortcut = resampled(x);
    return applyConv(params.conv2, modulated, { residual: params.skip ? applyConv(params.skip, shortcut) : shortcut });
  });
}
