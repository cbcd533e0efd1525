import { type NetworkConfig, type NetworkParams, networkSpec } from './networks.js';
import { initParams, type ParamSpec } from './param-spec.js';

/**
 * Give a network the layers for the level at the end of a jump. It computes what it did, for they begin as nothing. Returns fresh layers beside the other
 * parameters, which are the same tensors; those of a network that has them already, as they are.
 */
export function withBothEnds(config: NetworkConfig, params: NetworkParams, seed: number): NetworkParams {
  if (config.bothEnds) return params;
  const { embedding } = networkSpec({ ...config, bothEnds: true }) as { readonly embedding: { readonly end: ParamSpec } };
  const { end } = initParams({ end: embedding.end }, seed) as { readonly end: object };
  return { ...params, embedding: { ...params.embedding, end } } as NetworkParams;
}
