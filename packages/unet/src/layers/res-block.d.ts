import { type Tensor } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import { type Conv } from './conv.js';
import { type Linear } from './linear.js';
import { type Norm } from './norm.js';
/** Two normalised convolutions around the embedding's say, plus the input; `skip` is a 1x1 convolution where the width changes. */
export type ResBlock<T> = {
  readonly norm1: Norm<T>;
  readonly conv1: Conv<T>;
  readonly time: Linear<T>;
  readonly norm2: Norm<T>;
  readonly conv2: Conv<T>;
  readonly skip?: Conv<T>;
};
export type ResBlockSize = {
  readonly cIn: number;
  readonly cOut: number;
  readonly embChannels: number;
  readonly scaleShift: boolean;
};
export declare function resBlockSpec({ cIn, cOut, embChannels, scaleShift }: ResBlockSize): ResBlock<ParamSpec>;
export type ResBlockOptions = {
  readonly groups: number;
  readonly scaleShift: boolean;
  readonly resample?: 'up' | 'down';
};
/**
 * x [N, H, W, cIn], embedding [N, embChannels] (SiLU already taken) -> [N, H', W', cOut].
 * With scale and shift: h = silu((1 + scale) * norm2(conv1(..)) + shift), [scale | shift] = time(embedding); else the embedding is added before norm2.
 */
export declare function applyResBlock(
  params: ResBlock<Tensor>,
  x: Tensor,
  embedding: Tensor,
  { groups, scaleShift, resample }: ResBlockOptions,
): Tensor;
//# sourceMappingURL=res-block.d.ts.map
