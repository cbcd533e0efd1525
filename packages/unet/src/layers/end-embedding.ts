import { silu, type Tensor } from '@tract/tensor';
import { type LayerInit, silent } from '../layer-init.js';
import type { ParamSpec } from '../param-spec.js';
import { applyLinear, type Linear, linearSpec } from './linear.js';

/** Two layers on the features of the noise level at the end of a jump. */
export type EndEmbedding<T> = { readonly first: Linear<T>; readonly second: Linear<T> };

/** Return their shapes. The second one begins as nothing, so that a network which is given these layers computes what it did without them. */
export const endEmbeddingSpec = (cIn: number, embChannels: number, init: LayerInit): EndEmbedding<ParamSpec> => ({
  first: linearSpec({ cIn, cOut: embChannels }, init),
  second: linearSpec({ cIn: embChannels, cOut: embChannels }, silent),
});

/** second(silu(first(features))) -> [N, embChannels], to be added to the embedding of the level where the jump begins. */
export const applyEndEmbedding = ({ first, second }: EndEmbedding<Tensor>, features: Tensor): Tensor =>
  applyLinear(second, silu(applyLinear(first, features)));
