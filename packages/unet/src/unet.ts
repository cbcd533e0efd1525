import { compiled, scope, type Tensor } from '@tract/tensor';
import { applyBackbone, type Backbone, backboneSpec } from './backbone.js';
import type { Conditioning } from './conditioning.js';
import { checkUNetConfig, type UNetConfig } from './config.js';
import { checkEnd, checkInputs, checkLists } from './inputs.js';
import { applyEmbedding, type Embedding, embeddingInputs, embeddingSpec } from './layers/embedding.js';
import { initParams, type ParamSpec } from './param-spec.js';
import { perConfig } from './per-config.js';
import { planUNet, styleOfUNet } from './unet-layout.js';

/** The network's parameters (or anything else that there is one of for each of them), laid out as it computes. */
export type UNetTree<T> = { readonly embedding: Embedding<T> } & Backbone<T>;
export type UNetParams = UNetTree<Tensor>;

/**
 * Return shapes and initialisations of all parameters; allocates none of them.
 * @throws RangeError or TypeError for a configuration that no network can be built from.
 */
export function unetSpec(config: UNetConfig): UNetTree<ParamSpec> {
  checkUNetConfig(config);
  const imageChannels = config.inChannels * config.outputs;
  return { embedding: embeddingSpec(config), ...backboneSpec(planUNet(config), styleOfUNet(config), imageChannels) };
}

/** Make fresh parameters, a function of (config, seed) alone; the caller owns them. The last convolution of every block starts at almost nothing. */
export const initUNet = (config: UNetConfig, seed: number): UNetParams => initParams(unetSpec(config), seed) as UNetParams;

/**
 * Apply the U-Net of Ho et al. 2020 as Dhariwal & Nichol 2021 and Salimans & Ho 2022 refined it, which the paper uses.
 *
 * xt [N, H, W, inChannels], H and W divisible by 2^(levels - 1); conditioned on `noise`, logSNRs, on `noiseEnd` with bothEnds, and on `labels` when classes > 1. It knows no augmentation
 * and no dropout, and leaves `augment` and `training` unread. Returns the raw output [N, H, W, inChannels * outputs], which the caller owns. Image i depends on input i alone.
 * @throws RangeError or TypeError when the inputs do not fit the configuration or each other.
 */
export function applyUNet(config: UNetConfig, params: UNetParams, xt: Tensor, conditioning: Conditioning): Tensor {
  checkInputs('applyUNet', config, xt.shape, conditioning);
  const { plan, apply } = partsOf(config);
  checkLists('applyUNet', plan, params);
  checkEnd('applyUNet', config, params.embedding);
  return scope(() => apply(params, [xt, ...embeddingInputs(config, conditioning)]));
}

/** Plan of a configuration, and its network as a function of tensors, which a backend may compile. */
const partsOf = perConfig((config: UNetConfig) => {
  const plan = planUNet(config);
  const style = styleOfUNet(config);
  const network = (params: UNetParams, [xt, ...inputs]: readonly Tensor[]): Tensor =>
    applyBackbone(plan, params, xt, applyEmbedding(params.embedding, inputs), style);
  return { plan, apply: compiled(network, { byRow: true }) };
});
