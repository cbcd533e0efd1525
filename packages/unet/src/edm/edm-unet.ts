import { compiled, scope, type Tensor } from '@tract/tensor';
import { applyBackbone, type Backbone, backboneSpec } from '../backbone.js';
import type { Conditioning } from '../conditioning.js';
import { checkAugment, checkInputs, checkLists } from '../inputs.js';
import { dropoutOf } from '../layers/dropout.js';
import { initParams, type ParamSpec } from '../param-spec.js';
import { perConfig } from '../per-config.js';
import { checkEdmUNetConfig } from './edm-check.js';
import type { EdmUNetConfig } from './edm-config.js';
import { planEdm, styleOfEdm } from './edm-layout.js';
import { applyNoiseEmbedding, checkNoiseEmbedding, type NoiseEmbedding, noiseEmbeddingSpec } from './noise-embedding.js';

/** The network's parameters (or anything else that there is one of for each of them), laid out as it computes. */
export type EdmUNetTree<T> = { readonly embedding: NoiseEmbedding<T> } & Backbone<T>;
export type EdmUNetParams = EdmUNetTree<Tensor>;

/**
 * Return shapes and initialisations of all parameters; allocates none of them. The frequencies of Fourier features are among them, marked as not trained.
 * @throws RangeError or TypeError for a configuration that no network can be built from.
 */
export function edmUNetSpec(config: EdmUNetConfig): EdmUNetTree<ParamSpec> {
  checkEdmUNetConfig(config);
  const imageChannels = config.inChannels * config.outputs;
  return { embedding: noiseEmbeddingSpec(config), ...backboneSpec(planEdm(config), styleOfEdm(config), imageChannels) };
}

/** Make fresh parameters, a function of (config, seed) alone; the caller owns them. Their distributions are those of the published code. */
export const initEdmUNet = (config: EdmUNetConfig, seed: number): EdmUNetParams => initParams(edmUNetSpec(config), seed) as EdmUNetParams;

/**
 * The networks F of Karras et al. 2022 ("EDM"): DDPM++ and NCSN++ (Song et al. 2021), ADM (Dhariwal & Nichol 2021). A preconditioning scales what
 * goes in and what comes out.
 *
 * xt [N, H, W, inChannels], already times cIn, H and W divisible by 2^(levels - 1); conditioned on `noise`, cNoises, on `labels` when classes > 1, and on
 * `augment` when the configuration has augmentChannels. With `training` the network drops features out as its configuration says, a function of seed, step,
 * layer and the image's place in the batch; without it, as in sampling, it drops none. Returns the raw output [N, H, W, inChannels * outputs], which the caller owns. Image i depends on input i alone.
 * @throws RangeError or TypeError when the inputs do not fit the configuration or each other.
 */
export function applyEdmUNet(config: EdmUNetConfig, params: EdmUNetParams, xt: Tensor, conditioning: Conditioning): Tensor {
  checkInputs('applyEdmUNet', config, xt.shape, conditioning);
  checkAugment('applyEdmUNet', config.augmentChannels, xt.shape[0], conditioning.augment);
  const { plan, style, undropped } = partsOf(config);
  checkLists('applyEdmUNet', plan, params);
  checkNoiseEmbedding('applyEdmUNet', config, params.embedding);
  const drop = dropoutOf(config.dropout, conditioning.training);
  return scope(() => {
    const emb = applyNoiseEmbedding(config, params.embedding, conditioning);
    return drop ? applyBackbone(plan, params, xt, emb, style, drop) : undropped(params, [xt, emb]);
  });
}

/** Plan and style of a configuration, and its backbone. Without dropout the backbone is a function of tensors, which a backend may compile. */
const partsOf = perConfig((config: EdmUNetConfig) => {
  const [plan, style] = [planEdm(config), styleOfEdm(config)];
  const backbone = (params: EdmUNetParams, [xt, emb]: readonly Tensor[]): Tensor => applyBackbone(plan, params, xt, emb, style);
  return { plan, style, undropped: compiled(backbone, { byRow: true }) };
});
