import { cosineLogSNR } from '@tract/schedules';
import { randomNormals, useBackend } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { planConversion } from '../plan-conversion.js';
import { exampleOf, graphError, graphOf, hostModel, type Model, models } from '../testing/onnx-examples.js';
import { type OnnxInputs, onnxRuntime, runOnnx } from '../testing/onnx-runtimes.js';
import { modelGraph } from './model-graph.js';

beforeAll(() => useBackend('cpu'));

/** Operators of ours in onnxruntime-web's table of WebGPU kernels (js/web/docs/webgpu-operators.md of 1.20 and later). */
const webgpuOperators = new Set(
  ['Add', 'Sub', 'Mul', 'Div', 'Sqrt', 'Exp', 'Log', 'Floor', 'Atanh', 'Sigmoid', 'Clip', 'Cast', 'Where', 'Less', 'GreaterOrEqual']
    .concat(['Conv', 'Gemm', 'MatMul', 'Softmax', 'InstanceNormalization', 'AveragePool', 'Resize', 'ReduceSum'])
    .concat(['Reshape', 'Transpose', 'Concat', 'Split', 'Slice', 'Gather']),
);
const runtimes = [
  ['onnxruntime-web', await onnxRuntime('onnxruntime-web')],
  ['onnxruntime-node', await onnxRuntime('onnxruntime-node')],
] as const;

describe.each(models)('%s', (_, model) => {
  const example = once(() => exampleOf(model));
  test.for(runtimes)('predicts x0 in %s as on the cpu backend, at every noise level', async ([name, runtime], { skip }) => {
    if (!runtime) return skip(`${name} is not installed`);
    // float32 through some ten layers; angles near 1000 of the time features are rounded to 3e-5 on either side.
    expect(await graphError(runtime, model, 'float32', await example())).toBeLessThan(2e-5);
    // 11 bits of each number, through some ten layers.
    expect(await graphError(runtime, model, 'float16', await example())).toBeLessThan(1e-2);
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

test.for(runtimes)('a student draws in one call in %s, from noise to the image of its sampler', async ([name, runtime], { skip }) => {
  if (!runtime) return skip(`${name} is not installed`);
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
