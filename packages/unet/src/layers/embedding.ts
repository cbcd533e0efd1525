import { add, scope, silu, type Tensor, tensor } from '@tract/tensor';
import type { Conditioning } from '../conditioning.js';
import { fanAverage } from '../layer-init.js';
import type { ParamSpec } from '../param-spec.js';
import { applyEndEmbedding, type EndEmbedding, endEmbeddingSpec } from './end-embedding.js';
import { applyLinear, type Linear, linearSpec } from './linear.js';
import { oneHot } from './one-hot.js';

/** Two layers on the noise level's sines and cosines; those of the level at the end of a jump are added, and with classes a row per class. */
export type Embedding<T> = {
  readonly time: { readonly first: Linear<T>; readonly second: Linear<T> };
  readonly end?: EndEmbedding<T>;
  readonly classes?: Linear<T>;
};

export type EmbeddingSize = {
  readonly channels: number;
  readonly embChannels: number;
  readonly classes: number;
  readonly bothEnds?: boolean;
};

export function embeddingSpec({ channels, embChannels, classes, bothEnds }: EmbeddingSize): Embedding<ParamSpec> {
  const layer = (cIn: number): Linear<ParamSpec> => linearSpec({ cIn, cOut: embChannels }, fanAverage());
  const time = { first: layer(channels), second: layer(embChannels) };
  return {
    time,
    ...(bothEnds && { end: endEmbeddingSpec(channels, embChannels, fanAverage()) }),
    ...(classes > 1 && { classes: layer(classes) }),
  };
}

/**
 * Make the inputs of the embedding: features [N, channels] of the noise level, for a network of both ends those of the other one (without it, of a jump of
 * no length) and, for a class-conditional network, one-hot rows [N, classes].
 */
export function embeddingInputs(
  { channels, classes, bothEnds }: Omit<EmbeddingSize, 'embChannels'>,
  { noise, noiseEnd = noise, labels }: Pick<Conditioning, 'noise' | 'noiseEnd' | 'labels'>,
): Tensor[] {
  const features = (logSNR: readonly number[]): Tensor => tensor(timeFeatures(logSNR, channels), [logSNR.length, channels]);
  return [features(noise), ...(bothEnds ? [features(noiseEnd)] : []), ...(classes > 1 && labels ? [oneHot(labels, classes)] : [])];
}

/**
 * silu(second(silu(first(features))) + the end's + class row) -> [N, embChannels]. Every residual block starts with this SiLU, so it is taken once here.
 */
export function applyEmbedding(params: Embedding<Tensor>, [features, ...others]: readonly Tensor[]): Tensor {
  return scope(() => {
    const [end, classes] = params.end ? others : [undefined, ...others];
    const time = applyLinear(params.time.second, silu(applyLinear(params.time.first, features)));
    const jump = params.end && end ? add(time, applyEndEmbedding(params.end, end)) : time;
    return silu(params.classes && classes ? add(jump, applyLinear(params.classes, classes)) : jump);
  });
}

/**
 * Sines, then cosines, of 1000 u at frequencies exp(-k ln(10000) / (half - 1)), where u in [0, 1] is the cosine schedule's time of that noise level:
 * u = atan(exp(-logSNR / 2)) / (pi / 2), logSNR clipped to [-20, 20]. Row-major [N, channels].
 *
 * Every step is rounded to float32: an angle near 1000 carries 3e-5 of rounding there, published weights were trained with it, and the network's
 * output moves by 1e-5 if it is left out.
 */
export function timeFeatures(logSNR: readonly number[], channels: number): Float32Array {
  const half = channels / 2;
  const spacing = round(Math.log(10000) / (half - 1));
  const features = new Float32Array(logSNR.length * channels);
  logSNR.forEach((value, row) => {
    const ratio = round(Math.exp(round(-0.5 * Math.min(20, Math.max(-20, value)))));
    const time = round(1000 * round(round(Math.atan(ratio)) / round(Math.PI / 2)));
    for (let k = 0; k < half; k++) {
      const angle = round(time * round(Math.exp(round(-k * spacing))));
      features[row * channels + k] = Math.sin(angle);
      features[row * channels + half + k] = Math.cos(angle);
    }
  });
  return features;
}

const round = Math.fround;
