import type { ParamInit } from './param-spec.js';

/** Initialisation of a layer, given the number of inputs that reach each output, `fanIn`, and of outputs that each input reaches, `fanOut`. */
export type LayerInit = (fanIn: number, fanOut: number) => { readonly weight: ParamInit; readonly bias: ParamInit };

/**
 * Variance scaling over the average of fan-in and fan-out, uniform: variance = scale / ((fanIn + fanOut) / 2), bound = sqrt(3 variance).
 * A scale of 1e-10 makes a layer start at almost nothing without stopping its gradient. Source: Glorot & Bengio 2010, scale as in flax.
 */
export const fanAverage =
  (scale = 1): LayerInit =>
  (fanIn, fanOut) => ({ weight: { bound: Math.sqrt((6 * scale) / (fanIn + fanOut)) }, bias: 'zeros' });

/** Weights and biases uniform within 1 / sqrt(fanIn): variance 1 / (3 fanIn). Source: He et al. 2015 with the slope that PyTorch's layers take. */
export const fanInUniform: LayerInit = (fanIn) => {
  const bound = 1 / Math.sqrt(fanIn);
  return { weight: { bound }, bias: { bound } };
};

/** A layer that puts out nothing until its first update. */
export const silent: LayerInit = () => ({ weight: 'zeros', bias: 'zeros' });
