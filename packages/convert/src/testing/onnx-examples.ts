import { joinPieces } from '@tract/checkpoint';
import { predictX0 } from '@tract/distill';
import { type ModelDescription, modelOf } from '@tract/model';
import { logSNRToLevel, type NoiseLevel } from '@tract/schedules';
import type { PreconditioningSettings } from '@tract/schedules/training';
import { dispose, randomNormals, read, scope, type Tensor, tensor, transpose, treeFromLeaves } from '@tract/tensor';
import {
  type DhariwalUNetConfig,
  edmConfigs,
  type NetworkConfig,
  type NetworkParams,
  networkSpec,
  type SongUNetConfig,
  type UNetConfig,
} from '@tract/unet';
import type { HostModel } from '../destinations/destination.js';
import { isVariancePreserving } from '../onnx/denoiser-scales.js';
import type { GraphOptions } from '../onnx/graph-options.js';
import { modelGraph } from '../onnx/model-graph.js';
import { planConversion } from '../plan-conversion.js';
import { type Runtime, runOnnx } from './onnx-runtimes.js';
import { gainfulWeights } from './random-weights.js';

const small = {
  imageSize: 8,
  inChannels: 3,
  channels: 8,
  embChannels: 16,
  channelMult: [1, 2],
  blocks: 1,
  attentionResolutions: [4],
  outputs: 1,
};
const unet: UNetConfig = { ...{ kind: 'unet', ...small }, scaleShift: true, resampleInBlocks: true, classes: 1, groups: 4, heads: 2 };
const song: SongUNetConfig = { ...edmConfigs.cifar10Ncsnpp, ...small, noiseChannels: 16 };
const adm: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, ...small, classes: 3, headDim: 4, groups: 4 };

export type Model = Pick<ModelDescription, 'network' | 'prediction' | 'preconditioning' | 'process'>;
const cosine = (network: NetworkConfig, prediction: ModelDescription['prediction']): Model => ({ network, prediction });
const edm = (network: NetworkConfig, preconditioning?: PreconditioningSettings): Model => ({
  ...{ network, prediction: 'x0', process: { kind: 'edm' } },
  ...(preconditioning && { preconditioning }),
});
/** One of every network family, with every prediction and preconditioning. */
export const models: [name: string, model: Model][] = [
  ["the paper's U-Net for v", cosine(unet, 'v')],
  ["the paper's U-Net for x0, of classes", cosine({ ...unet, classes: 4 }, 'x0')],
  [
    "the paper's U-Net for x0 and eps, added time, strided",
    cosine({ ...unet, outputs: 2, scaleShift: false, resampleInBlocks: false }, 'x0+eps'),
  ],
  ["the paper's U-Net for eps", cosine(unet, 'eps')],
  ['NCSN++ under VE', edm(song, { kind: 've' })],
  [
    'DDPM++ of classes under VP',
    edm({ ...song, noiseFeatures: 'positional', filter: [1, 1], encoder: 'standard', classes: 3 }, { kind: 'vp' }),
  ],
  ['pyramids both ways under EDM', edm({ ...song, encoder: 'skip', decoder: 'skip', augmentChannels: 9 }, { kind: 'edm' })],
  ['ADM under EDM, cosine levels', { ...edm(adm, { kind: 'edm', sigmaData: 0.6 }), process: { kind: 'cosine' } }],
  ['ADM under iDDPM, with a variance', edm({ ...adm, outputs: 2 }, { kind: 'iddpm' })],
  ['ADM as a consistency function', edm({ ...adm, scaleShift: false }, { kind: 'consistency' })],
  [
    'the U-Net of Ho et al. under DDPM',
    edm(
      {
        ...adm,
        headDim: undefined,
        heads: 1,
        halvingPad: 'after',
        eps: 1e-6,
        sinesFirst: true,
        resampleInBlocks: false,
      } as DhariwalUNetConfig,
      { kind: 'ddpm', predicts: 'v' },
    ),
  ],
];

export const hostModel = (model: Model): HostModel => ({
  name: 'model',
  description: { ...model, samplingSteps: [1], data: 'none' },
  tensors: gainfulWeights(model.network, 5),
});
export const graphOf = (model: HostModel, options: GraphOptions = {}): Uint8Array => {
  const [{ content }] = planConversion(model, { destination: 'onnx', onnx: options }).files!;
  return joinPieces(content());
};

/** Noise levels of the whole range that a model may be asked for: EDM's 0.002 to 80 under a preconditioning. */
const logSNRsOf = ({ preconditioning }: Model): number[] =>
  preconditioning ? [-8.76, -2.2, 0, 0.4, 3, 12.4] : [-20, -18.3, -4, 0, 2.5, 20];

/** Images of unit variance and noise at each level, labels where there are classes, and the x0 [N, C, H, W] that our own network predicts. */
export async function exampleOf(model: Model) {
  const { network } = model;
  const { imageSize: side, inChannels, classes } = network;
  const logSNRs = logSNRsOf(model);
  const levels = logSNRs.map(
    (logSNR): NoiseLevel => (isVariancePreserving(model) ? logSNRToLevel(logSNR) : { alpha: 1, sigma: Math.exp(-logSNR / 2) }),
  );
  const dims = [levels.length, inChannels, side, side];
  const pixels = inChannels * side ** 2;
  const x = randomNormals({ seed: 7, sample: 0 }, levels.length * pixels).map((value, i) => {
    const { alpha, sigma } = levels[Math.floor(i / pixels)];
    return value * Math.hypot(alpha, sigma);
  });
  const labels = classes > 1 ? levels.map((_, i) => i % classes) : undefined;
  const params = treeFromLeaves<Tensor, unknown>(
    Array.from(hostModel(model).tensors, ([path, { shape, data }]) => [path, tensor(data as Float32Array, shape)] as const),
    networkSpec(network),
  ) as NetworkParams;
  const x0 = scope(() => {
    const xt = transpose(tensor(x, dims), [0, 2, 3, 1]);
    return transpose(predictX0(modelOf(model), params, xt, levels, { labels }), [0, 3, 1, 2]);
  });
  const expected = await read(x0);
  dispose([params, x0]);
  const inputs = {
    xt: { data: x, dims },
    logSNR: { data: Float32Array.from(logSNRs), dims: [levels.length] },
    ...(labels && { labels: { data: labels, dims: [levels.length] } }),
  };
  return { inputs, expected, pixels };
}

/** Return the largest difference in any image, as a fraction of its largest expected number and at least of 1. */
function errorOf(found: Float32Array, expected: Float32Array, pixels: number): number {
  const images = Array.from({ length: expected.length / pixels }, (_, n) => expected.subarray(n * pixels, (n + 1) * pixels));
  const errors = images.map((image, n) => {
    const difference = image.map((value, i) => Math.abs(value - found[n * pixels + i]));
    return Math.max(...difference) / Math.max(1, ...image.map(Math.abs));
  });
  return Math.max(...errors);
}

/** Epsilons of a model's normalisations. */
export const epsilonsOf = (model: Model): Set<unknown> =>
  new Set(
    modelGraph(hostModel(model)).nodes.flatMap(({ type, attributes }) => (type === 'InstanceNormalization' ? [attributes?.epsilon] : [])),
  );

/** Largest error of a model's graph in a runtime, its weights of `type`, against x0 on the current backend. */
export async function graphError(
  runtime: Runtime,
  model: Model,
  type: 'float32' | 'float16',
  { inputs, expected, pixels }: Awaited<ReturnType<typeof exampleOf>>,
): Promise<number> {
  const { x0 } = await runOnnx(runtime, graphOf(hostModel(model), { type }), inputs);
  return errorOf(x0, expected, pixels);
}
