import { predictX0 } from '@tract/distill';
import { type ModelDescription, modelOf } from '@tract/model';
import { cosineLogSNR, logSNRToLevel, type NoiseLevel } from '@tract/schedules';
import type { PreconditioningSettings } from '@tract/schedules/training';
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
import { joinPieces } from '@tract/checkpoint';
import type { HostModel } from '../destinations/destination.js';
import { planConversion } from '../plan-conversion.js';
import { type OnnxInputs, onnxRuntime, runOnnx } from '../testing/onnx-runtimes.js';
import { gainfulWeights } from '../testing/random-weights.js';
import { isVariancePreserving } from './denoiser-scales.js';
import type { GraphOptions } from './graph-options.js';
import { modelGraph } from './model-graph.js';

beforeAll(() => useBackend('cpu'));

/** Operators of ours in onnxruntime-web's table of WebGPU kernels (js/web/docs/webgpu-operators.md of 1.20 and later). */
const webgpuOperators = new Set(
  [
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Sqrt',
    'Exp',
    'Log',
    'Atan',
    'Atanh',
    'Sin',
    'Cos',
    'Sigmoid',
    'Clip',
    'Cast',
    'Where',
    'Less',
    'GreaterOrEqual',
  ]
    .concat(['Conv', 'Gemm', 'MatMul', 'Softmax', 'InstanceNormalization', 'AveragePool', 'Resize', 'ReduceSum'])
    .concat(['Reshape', 'Transpose', 'Concat', 'Split', 'Slice', 'Gather']),
);
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

const hostModel = (model: Model): HostModel => ({
  name: 'model',
  description: { ...model, samplingSteps: [1], data: 'none' },
  tensors: gainfulWeights(model.network, 5),
});
const graphOf = (model: HostModel, options: GraphOptions = {}): Uint8Array => {
  const [{ content }] = planConversion(model, { destination: 'onnx', onnx: options }).files!;
  return joinPieces(content());
};

/** Noise levels of the whole range that a model may be asked for: EDM's 0.002 to 80 under a preconditioning. */
const logSNRsOf = ({ preconditioning }: Model): number[] =>
  preconditioning ? [-8.76, -2.2, 0, 0.4, 3, 12.4] : [-20, -18.3, -4, 0, 2.5, 20];

/** Images of unit variance and noise at each level, labels where there are classes, and the x0 [N, C, H, W] that our own network predicts. */
async function exampleOf(model: Model) {
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

describe.each(models)('%s', (_, model) => {
  const example = once(() => exampleOf(model));
  test.each(runtimes)('predicts x0 in %s as on the cpu backend, at every noise level', async (name, runtime) => {
    if (!runtime) return console.log(`skipped: ${name} is not installed`);
    const { inputs, expected, pixels } = await example();
    const single = await runOnnx(runtime, graphOf(hostModel(model)), inputs);
    // float32 through some ten layers; angles near 1000 of the time features are rounded to 3e-5 on either side.
    expect(errorOf(single.x0, expected, pixels)).toBeLessThan(2e-5);
    const half = await runOnnx(runtime, graphOf(hostModel(model), { type: 'float16' }), inputs);
    // 11 bits of each number, through some ten layers.
    expect(errorOf(half.x0, expected, pixels)).toBeLessThan(1e-2);
  });
});

/** Compute a value once, when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

test('a graph takes nothing that the WebGPU backend of onnxruntime-web lacks, and no Sigmoid of a noise level', () => {
  for (const [, model] of models) {
    const { nodes } = modelGraph(hostModel(model));
    expect(nodes.map(({ type }) => type).filter((type) => !webgpuOperators.has(type))).toEqual([]);
    const users = new Map(nodes.flatMap((node) => node.inputs.map((input) => [input, node.type] as const)));
    expect(users.get('logSNR')).not.toBe('Sigmoid');
  }
});

test('every parameter but those that sampling does not need has its place', () => {
  for (const [, model] of models) {
    const host = hostModel(model);
    const { table } = planConversion(host, { destination: 'onnx' });
    const left = [...host.tensors.keys()].filter((leaf) => !table.mapped.some(({ from }) => from.includes(leaf)));
    // What follows from constants is in there under another name.
    expect(left.filter((leaf) => !/^embedding\.(augment\.weight|classes\.bias|frequencies)$/.test(leaf))).toEqual([]);
  }
});

test.each(runtimes)('a student draws in one call in %s, from noise to the image of its sampler', async (name, runtime) => {
  if (!runtime) return console.log(`skipped: ${name} is not installed`);
  for (const [model, sigma] of [
    [models[1][1], 1],
    [{ ...models[9][1], process: { kind: 'edm', timesteps: 4 } } as Model, 80],
  ] as const) {
    const host = hostModel(model);
    const { imageSize: side, inChannels, classes } = model.network;
    const noise = randomNormals({ seed: 3, sample: 0 }, 2 * inChannels * side ** 2);
    const dims = [2, inChannels, side, side];
    const labels: OnnxInputs = classes > 1 ? { labels: { data: [2, 0], dims: [2] } } : {};
    const { image } = await runOnnx(runtime, graphOf(host, { oneStep: true }), { noise: { data: noise, dims }, ...labels });
    // The grid of the cosine schedule begins at logSNR -20.0011.
    const logSNR = sigma === 1 ? cosineLogSNR(1) : -2 * Math.log(sigma);
    const xt = { data: noise.map((value) => sigma * value), dims };
    const { x0 } = await runOnnx(runtime, graphOf(host), { xt, logSNR: { data: Float32Array.of(logSNR, logSNR), dims: [2] }, ...labels });
    const clipped = x0.map((value) => Math.min(1, Math.max(-1, value)));
    expect(Math.max(...clipped.map((value, i) => Math.abs(value - image[i])))).toBeLessThan(2e-5);
    expect(image.some((value) => Math.abs(value) < 1)).toBe(true);
  }
});

test('a teacher has no one step', () => {
  const { description, ...teacher } = hostModel(models[0][1]);
  const plan = () =>
    planConversion({ ...teacher, description: { ...description, samplingSteps: [64] } }, { destination: 'onnx', onnx: { oneStep: true } });
  expect(plan).toThrow('made for 64 steps, not for one');
});
