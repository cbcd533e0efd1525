import { predictX0 } from '@tract/distill';
import { type ModelDescription, modelOf } from '@tract/model';
import { logSNRToLevel, type NoiseLevel, type PreconditioningSettings } from '@tract/schedules';
import { dispose, randomNormals, read, scope, type Tensor, tensor, transpose, treeFromLeaves, useBackend } from '@tract/tensor';
import {
  type DhariwalUNetConfig,
  edmConfigs,
  type NetworkConfig,
  type NetworkParams,
  networkSpec,
  type SongUNetConfig,
  type UNetConfig,
} from '@tract/unet';
import { beforeAll, describe, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import type { HostModel } from '../destinations/destination.js';
import { planConversion } from '../plan-conversion.js';
import { onnxRuntime, runOnnx } from '../testing/onnx-runtimes.js';
import { gainfulWeights } from '../testing/random-weights.js';
import { isVariancePreserving } from './denoiser-scales.js';

beforeAll(() => useBackend('cpu'));
const runtimes = [
  ['onnxruntime-web', await onnxRuntime('onnxruntime-web')],
  ['onnxruntime-node', await onnxRuntime('onnxruntime-node')],
] as const;

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

type Model = Pick<ModelDescription, 'network' | 'prediction' | 'preconditioning' | 'process'>;
const cosine = (network: NetworkConfig, prediction: ModelDescription['prediction']): Model => ({ network, prediction });
const edm = (network: NetworkConfig, preconditioning?: PreconditioningSettings): Model => ({
  ...{ network, prediction: 'x0', process: { kind: 'edm' } },
  ...(preconditioning && { preconditioning }),
});
const models: [name: string, model: Model][] = [
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

const hostModel = (model: Model, samplingSteps: readonly number[] = [1]): HostModel => ({
  name: 'model',
  description: { ...model, samplingSteps, data: 'none' },
  tensors: gainfulWeights(model.network, 5),
});
const fileOf = (model: HostModel, options: object = {}): Uint8Array =>
  Buffer.concat([...planConversion(model, { destination: 'onnx', ...options }).files![0].content().pieces]);

/** Levels at these logSNRs, as the exported model sees them. */
const levelsOf = (model: Model, logSNRs: readonly number[]): NoiseLevel[] =>
  logSNRs.map((logSNR) => (isVariancePreserving(model) ? logSNRToLevel(logSNR) : { alpha: 1, sigma: Math.exp(-logSNR / 2) }));

/** Predictions of x0 [N, C, H, W] by our own network. */
async function ours(model: HostModel, x: Float32Array, levels: readonly NoiseLevel[], labels?: readonly number[]): Promise<Float32Array> {
  const { network } = model.description;
  const params = treeFromLeaves<Tensor, unknown>(
    Array.from(model.tensors, ([path, { shape, data }]) => [path, tensor(data as Float32Array, shape)] as const),
    networkSpec(network),
  ) as NetworkParams;
  const { imageSize: side, inChannels } = network;
  const x0 = scope(() => {
    const xt = transpose(tensor(x, [levels.length, inChannels, side, side]), [0, 2, 3, 1]);
    return transpose(predictX0(modelOf(model.description), params, xt, levels, { labels }), [0, 3, 1, 2]);
  });
  const values = await read(x0);
  dispose([params, x0]);
  return values;
}

/** Largest difference, as a fraction of the largest expected number and at least of 1. */
const errorOf = (found: Float32Array, expected: Float32Array): number =>
  Math.max(...expected.map((value, i) => Math.abs(value - found[i]))) / Math.max(1, ...expected.map(Math.abs));

const wholeRange = [-20, -18.3, -9.1, -4, -0.7, 0, 2.5, 7.3, 12, 20];
/** EDM's levels, 0.002 to 80. */
const edmRange = [-8.76, -6, -2.2, 0, 0.4, 3, 8, 12.4];

describe.each(runtimes)('in %s', (name, runtime) => {
  test.each(models)('%s predicts x0 as the cpu backend does, at every noise level', async (_, model) => {
    if (!runtime) return expectSkipped(name);
    const logSNRs = model.preconditioning ? edmRange : wholeRange;
    const { classes, inChannels, imageSize } = model.network;
    const labels = classes > 1 ? logSNRs.map((_, i) => i % classes) : undefined;
    const levels = levelsOf(model, logSNRs);
    const pixels = inChannels * imageSize ** 2;
    // Images of unit variance and noise at each level.
    const x = randomNormals({ seed: 7, sample: 0 }, logSNRs.length * pixels).map((value, i) => {
      const { alpha, sigma } = levels[Math.floor(i / pixels)];
      return value * Math.hypot(alpha, sigma);
    });
    const host = hostModel(model);
    const inputs = {
      xt: { data: x, dims: [logSNRs.length, inChannels, imageSize, imageSize] },
      logSNR: { data: Float32Array.from(logSNRs), dims: [logSNRs.length] },
      ...(labels && { labels: { data: labels, dims: [labels.length] } }),
    };
    const expected = await ours(host, x, levels, labels);
    const { x0 } = await runOnnx(runtime, fileOf(host), inputs);
    console.log(name, _, errorOf(x0, expected));
    // float32 through some ten layers; angles near 1000 of the time features are rounded to 3e-5 on either side.
    expect(errorOf(x0, expected)).toBeLessThan(2e-5);
    const { x0: halves } = await runOnnx(runtime, fileOf(host, { onnx: { type: 'float16' } }), inputs);
    console.log(name, _, errorOf(halves, expected));
    expect(errorOf(halves, expected)).toBeLessThan(1e-2);
  });
});

function expectSkipped(name: string): void {
  console.log(`skipped: ${name} is not installed`);
}
