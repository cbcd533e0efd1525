import { power } from '@tract/schedules';
import { type EdmUNetConfig, noiseChannelsOf, positionalFeatures, sinesFirstIn, timeFeatures, type UNetConfig } from '@tract/unet';
import type { Value } from './graph-builder.js';
import type { Layers } from './layers.js';
import { ScalarMath } from './scalar-math.js';
import { quarterTurns, sineAndCosine } from './trigonometry.js';

type Config = UNetConfig | EdmUNetConfig;
const round = Math.fround;

/** Noise level that a network is conditioned on: a value [N] of the graph, or one number for all images. */
export type NoiseNumber = Value | number;

/** Embedding of the noise level and the labels [N], with the SiLU that every residual block starts with → [N, embChannels] (or [1, …]). */
export function embeddingOf(layers: Layers, config: Config, noise: NoiseNumber, labels: Value | undefined): Value {
  const { graph } = layers;
  const features = featuresOf(layers, config, noise);
  const cast = layers.type === 'float16' ? graph.op('Cast', [features], { to: 10 }) : features;
  const isEarly = config.kind === 'song';
  const classes = labels && layers.classRows('embedding.classes', labels, isEarly ? Math.sqrt(config.classes) : 1);
  const add = (x: Value) => (classes ? graph.op('Add', [x, classes]) : x);
  const time = config.kind === 'unet' ? 'embedding.time' : 'embedding';
  const hidden = layers.silu(layers.linear(`${time}.first`, isEarly ? add(cast) : cast));
  const embedding = layers.linear(`${time}.second`, hidden);
  return layers.silu(isEarly ? embedding : add(embedding));
}

/** Features [N, channels] of the noise level in float32, rounded step by step as the networks round them. */
function featuresOf(layers: Layers, config: Config, noise: NoiseNumber): Value {
  if (config.kind === 'song' && config.noiseFeatures === 'fourier') return fourierFeatures(layers, noise);
  if (typeof noise === 'number') return constantFeatures(layers, config, noise);
  return config.kind === 'unet' ? cosineFeatures(layers, config.channels, noise) : timeStepFeatures(layers, config, noise);
}

function constantFeatures({ graph }: Layers, config: Config, noise: number): Value {
  const channels = config.kind === 'unet' ? config.channels : noiseChannelsOf(config);
  const values = config.kind === 'unet' ? timeFeatures([noise], channels) : positionalFeatures([noise], channels, sinesFirstIn(config));
  return graph.weights('noise features', [1, channels], () => values);
}

/** Sines, then cosines, of 1000 u, u the time of the cosine schedule at a logSNR clipped to [-20, 20]. */
function cosineFeatures(layers: Layers, channels: number, logSNR: Value): Value {
  const { graph } = layers;
  const math = new ScalarMath(graph);
  const clipped = graph.op('Clip', [logSNR, graph.floats([-20]), graph.floats([20])]);
  const time = quarterTurns(math, math.exp(math.mul(clipped, -0.5)));
  const spacing = round(Math.log(10000) / (channels / 2 - 1));
  const frequencies = Float32Array.from({ length: channels / 2 }, (_, k) => Math.exp(round(-k * spacing)));
  return waves(layers, math.mul(time, 1000), frequencies, true);
}

/** Sines and cosines of the number itself at the frequencies 10000^(-k / last). */
function timeStepFeatures(layers: Layers, config: EdmUNetConfig, noise: Value): Value {
  const half = noiseChannelsOf(config) / 2;
  const sinesFirst = sinesFirstIn(config);
  const last = sinesFirst ? half - 1 : half;
  const frequencies = Float32Array.from({ length: half }, (_, k) => power(round(1e-4), round(k / last)));
  return waves(layers, noise, frequencies, sinesFirst);
}

/** Sines, then cosines, of 2 pi times the number at frequencies that are kept with the parameters. */
function fourierFeatures(layers: Layers, noise: NoiseNumber): Value {
  const frequencies = layers.params.get('embedding.frequencies')!.data as Float32Array;
  const value = typeof noise === 'number' ? layers.graph.floats([noise], [1]) : noise;
  return waves(
    layers,
    value,
    frequencies.map((one) => one * round(2 * Math.PI)),
    true,
  );
}

function waves({ graph }: Layers, x: Value, frequencies: Float32Array, sinesFirst: boolean): Value {
  const column = graph.op('Reshape', [x, graph.ints([-1, 1])]);
  const angles = graph.op('Mul', [column, graph.weights('frequencies', [1, frequencies.length], () => frequencies)]);
  const { sine, cosine } = sineAndCosine(new ScalarMath(graph), angles);
  return graph.op('Concat', sinesFirst ? [sine, cosine] : [cosine, sine], { axis: 1 });
}
