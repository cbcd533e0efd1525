import { concat, scope, type Tensor } from '@tract/tensor';
import { checkUNetConfig, groupsOf, type UNetConfig } from './config.js';
import { checkInputs, checkLists } from './inputs.js';
import { applyConv, type Conv, convSpec } from './layers/conv.js';
import { applyEmbedding, type Embedding, embeddingSpec } from './layers/embedding.js';
import { applyNorm, type Norm, normSpec } from './layers/norm.js';
import { initParams, type ParamSpec } from './param-spec.js';
import { planUNet } from './plan.js';
import { applyStage, type Stage, stageSpec } from './stage.js';

/** The network's parameters (or anything else that there is one of for each of them), laid out as it computes. */
export type UNetTree<T> = {
  readonly embedding: Embedding<T>;
  /** The input convolution, then the levels from fine to coarse. */
  readonly down: readonly Stage<T>[];
  readonly mid: readonly Stage<T>[];
  readonly up: readonly Stage<T>[];
  readonly out: { readonly norm: Norm<T>; readonly conv: Conv<T> };
};
export type UNetParams = UNetTree<Tensor>;

/**
 * Shapes and starts of all parameters; allocates none of them.
 * @throws RangeError or TypeError for a configuration that no network can be built from.
 */
export function unetSpec(config: UNetConfig): UNetTree<ParamSpec> {
  checkUNetConfig(config);
  const { down, mid, up, last } = planUNet(config);
  const stages = (plans: typeof down) => plans.map((plan) => stageSpec(config, plan));
  return {
    embedding: embeddingSpec(config),
    down: stages(down),
    mid: stages(mid),
    up: stages(up),
    out: { norm: normSpec(last), conv: convSpec({ size: 3, cIn: last, cOut: config.inChannels * config.outputs, scale: 1e-10 }) },
  };
}

/** Fresh parameters, a function of (config, seed) alone; the caller owns them. The last convolution of every block starts at almost nothing. */
export const initUNet = (config: UNetConfig, seed: number): UNetParams => initParams(unetSpec(config), seed) as UNetParams;

/**
 * The U-Net of Ho et al. 2020 as Dhariwal & Nichol 2021 and Salimans & Ho 2022 refined it, as the paper uses it.
 *
 * xt [N, H, W, inChannels], H and W divisible by 2^(levels - 1); logSNR one per image; labels one per image when classes > 1, integers in
 * [0, classes). Returns the raw output [N, H, W, inChannels * outputs], which the caller owns. Image i depends on input i alone.
 * @throws RangeError or TypeError when the inputs do not fit the configuration or each other.
 */
export function applyUNet(
  config: UNetConfig,
  params: UNetParams,
  xt: Tensor,
  logSNR: readonly number[],
  labels?: readonly number[],
): Tensor {
  checkInputs(config, xt.shape, logSNR, labels);
  const { down, mid, up } = planUNet(config);
  checkLists({ down, mid, up }, params);
  // Stages of `up` from the coarse end: the taker of a skip, then whatever resamples its output.
  let next = 0;

  return scope(() => {
    const embedding = applyEmbedding(params.embedding, config.channels, logSNR, labels);
    const goDown = (k: number, x: Tensor): Tensor => applyStage(config, down[k], params.down[k], x, embedding);
    const goUp = (x: Tensor): Tensor => applyStage(config, up[next], params.up[next++], x, embedding);
    const middle = (x: Tensor): Tensor => mid.reduce((h, plan, i) => applyStage(config, plan, params.mid[i], h, embedding), x);

    // Everything inside skip k. Each call's scope ends with its skip used, so that the feature maps go as the way up passes them.
    const inside = (k: number, x: Tensor): Tensor =>
      scope(() => {
        const skip = goDown(k, x);
        const deeper = k + 1 < down.length ? inside(k + 1, skip) : scope(() => middle(skip));
        const out = scope(() => goUp(concat([deeper, skip], 3)));
        return up[next]?.resample ? goUp(out) : out;
      });
    const features = inside(0, xt);
    return applyConv(params.out.conv, applyNorm(params.out.norm, features, { groups: groupsOf(config), silu: true }));
  });
}
