import { type Tensor } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import { type Linear } from './linear.js';
/** Two layers on the noise level's sines and cosines; with classes, a row per class is added. */
export type Embedding<T> = {
  readonly time: {
    readonly first: Linear<T>;
    readonly second: Linear<T>;
  };
  readonly classes?: Linear<T>;
};
export type EmbeddingSize = {
  readonly channels: number;
  readonly embChannels: number;
  readonly classes: number;
};
export declare function embeddingSpec({ channels, embChannels, classes }: EmbeddingSize): Embedding<ParamSpec>;
/**
 * silu(second(silu(first(features))) + class row) -> [N, embChannels]. Every residual block starts with this SiLU, so it is taken once here.
 */
export declare function applyEmbedding(
  params: Embedding<Tensor>,
  channels: number,
  logSNR: readonly number[],
  labels?: readonly number[],
): Tensor;
/**
 * Sines, then cosines, of 1000 u at frequencies exp(-k ln(10000) / (half - 1)), where u in [0, 1] is the cosine schedule's time of that noise level:
 * u = atan(exp(-logSNR / 2)) / (pi / 2), logSNR clipped to [-20, 20]. Row-major [N, channels].
 *
 * Every step is rounded to float32: an angle near 1000 carries 3e-5 of rounding there, published weights were trained with it, and the network's
 * output moves by 1e-5 if it is left out.
 */
export declare function timeFeatures(logSNR: readonly number[], channels: number): Float32Array;
//# sourceMappingURL=embedding.d.ts.map
