import { add, scope, silu, type Tensor, tensor } from '@tract/tensor';
import type { Conditioning } from '../conditioning.js';
import { fanAverage, fanInUniform, type LayerInit, silent } from '../layer-init.js';
import { applyEndEmbedding, type EndEmbedding, endEmbeddingSpec } from '../layers/end-embedding.js';
import { applyLinear, type Linear, linearSpec } from '../layers/linear.js';
import { oneHot } from '../layers/one-hot.js';
import type { ParamSpec } from '../param-spec.js';
import { type EdmUNetConfig, noiseChannelsOf, sinesFirstIn } from './edm-config.js';
import { fourierFeatures, positionalFeatures } from './noise-features.js';

/** Two layers on the features of the noise level, and what classes and augmentations add to them. */
export type NoiseEmbedding<T> = {
  /** Frequencies of the Fourier features; not trained. */
  readonly frequencies?: T;
  readonly classes?: Linear<T>;
  readonly augment?: Linear<T>;
  readonly first: Linear<T>;
  readonly second: Linear<T>;
  readonly end?: EndEmbedding<T>;
};

/** Spread of the random frequencies of Fourier features. */
const frequencySpread = 16;

export function noiseEmbeddingSpec(config: EdmUNetConfig): NoiseEmbedding<ParamSpec> {
  const { embChannels, classes, augmentChannels } = config;
  const isSong = config.kind === 'song';
  const noiseChannels = noiseChannelsOf(config);
  const layer = isSong ? fanAverage() : fanInUniform;
  const classSize = { cIn: classes, cOut: isSong ? noiseChannels : embChannels, biased: isSong };
  const augmentSize = augmentChannels && { cIn: augmentChannels, cOut: noiseChannels, biased: false };
  return {
    ...(isSong &&
      config.noiseFeatures === 'fourier' && {
        frequencies: { shape: [noiseChannels / 2], init: { spread: frequencySpread }, trained: false },
      }),
    ...(classes > 1 && { classes: linearSpec(classSize, isSong ? layer : unitNormal) }),
    ...(augmentSize && { augment: linearSpec(augmentSize, isSong ? layer : silent) }),
    first: linearSpec({ cIn: noiseChannels, cOut: embChannels }, layer),
    second: linearSpec({ cIn: embChannels, cOut: embChannels }, layer),
    ...(config.bothEnds && { end: endEmbeddingSpec(noiseChannels, embChannels, layer) }),
  };
}

/** Check that parameters belong to the configuration; others would drop the noise level or the class without an error. */
export function checkNoiseEmbedding(where: string, config: EdmUNetConfig, params: NoiseEmbedding<unknown>): void {
  const expected = noiseEmbeddingSpec(config);
  for (const part of ['frequencies', 'classes', 'augment', 'end'] as const) {
    if ((params[part] === undefined) !== (expected[part] === undefined)) {
      throw new RangeError(
        `${where}: the configuration has ${expected[part] ? 'a' : 'no'} '${part}' in the embedding and the parameters differ; they belong to another network`,
      );
    }
  }
}

const unitNormal: LayerInit = () => ({ weight: { spread: 1 }, bias: 'zeros' });

/**
 * -> [N, embChannels], with the SiLU that every residual block starts with. The class joins before the two layers ('song', one-hot rows of length
 * sqrt(classes)) or between the last of them and its SiLU ('dhariwal'); the augmentation joins before.
 */
export function applyNoiseEmbedding(config: EdmUNetConfig, params: NoiseEmbedding<Tensor>, conditioning: Conditioning): Tensor {
  const { noise, noiseEnd = noise, labels, augment } = conditioning;
  const early = config.kind === 'song';
  return scope(() => {
    const featuresOf = (level: readonly number[]): Tensor =>
      params.frequencies ? fourierFeatures(level, params.frequencies) : positional(config, level);
    const end = params.end && applyEndEmbedding(params.end, featuresOf(noiseEnd));
    const classes =
      labels && params.classes && applyLinear(params.classes, oneHot(labels, config.classes, early ? Math.sqrt(config.classes) : 1));
    const augmented = augment && params.augment && applyLinear(params.augment, tensor(augment.flat(), [augment.length, augment[0].length]));
    const shown = sum(featuresOf(noise), augmented, early ? classes : undefined);
    const embedding = applyLinear(params.second, silu(applyLinear(params.first, shown)));
    return silu(sum(embedding, end, early ? undefined : classes));
  });
}

const positional = (config: EdmUNetConfig, cNoise: readonly number[]): Tensor =>
  tensor(positionalFeatures(cNoise, noiseChannelsOf(config), sinesFirstIn(config)), [cNoise.length, noiseChannelsOf(config)]);

const sum = (first: Tensor, ...others: (Tensor | undefined)[]): Tensor =>
  others.reduce<Tensor>((total, other) => (other ? add(total, other) : total), first);
