import { type Tensor } from '@tract/tensor';
import { type UNetConfig } from './config.js';
import { type Conv } from './layers/conv.js';
import { type Embedding } from './layers/embedding.js';
import { type Norm } from './layers/norm.js';
import { type ParamSpec } from './param-spec.js';
import { type Stage } from './stage.js';
/** The network's parameters (or anything else that there is one of for each of them), laid out as it computes. */
export type UNetTree<T> = {
  readonly embedding: Embedding<T>;
  /** The input convolution, then the levels from fine to coarse. */
  readonly down: readonly Stage<T>[];
  readonly mid: readonly Stage<T>[];
  readonly up: readonly Stage<T>[];
  readonly out: {
    readonly norm: Norm<T>;
    readonly conv: Conv<T>;
  };
};
export type UNetParams = UNetTree<Tensor>;
/**
 * Shapes and starts of all parameters; allocates none of them.
 * @throws RangeError or TypeError for a configuration that no network can be built from.
 */
export declare function unetSpec(config: UNetConfig): UNetTree<ParamSpec>;
/** Fresh parameters, a function of (config, seed) alone; the caller owns them. The last convolution of every block starts at almost nothing. */
export declare const initUNet: (config: UNetConfig, seed: number) => UNetParams;
/**
 * The U-Net of Ho et al. 2020 as Dhariwal & Nichol 2021 and Salimans & Ho 2022 refined it, as the paper uses it.
 *
 * xt [N, H, W, inChannels], H and W divisible by 2^(levels - 1); logSNR one per image; labels one per image when classes > 1, integers in
 * [0, classes). Returns the raw output [N, H, W, inChannels * outputs], which the caller owns. Image i depends on input i alone.
 * @throws RangeError or TypeError when the inputs do not fit the configuration or each other.
 */
export declare function applyUNet(
  config: UNetConfig,
  params: UNetParams,
  xt: Tensor,
  logSNR: readonly number[],
  labels?: readonly number[],
): Tensor;
//# sourceMappingURL=unet.d.ts.map
