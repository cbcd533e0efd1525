import '@tensorflow/tfjs-backend-cpu';
import type { NamedArray } from '@tract/checkpoint';
import { streams } from '@tract/distill';
import { dispose, memory, randomNormals, read, useBackend } from '@tract/tensor';
import { edmConfigs, initNetwork, type SongUNetConfig } from '@tract/unet';
import { beforeAll, expect, test } from 'vitest';
import { type DrawOptions, downloadTree, draw, loadModel, ModelError, SamplingError, type StoredModel, saveModel } from './index.js';

const sizes = { imageSize: 4, inChannels: 1, channels: 8, embChannels: 16, noiseChannels: 8, channelMult: [1], blocks: 1 } as const;
const network: SongUNetConfig = { ...edmConfigs.cifar10Ddpmpp, ...sizes, attentionResolutions: [] };
const pixels = 16;

/** A fresh network puts out almost nothing, so that EDM's preconditioning around it is the exact denoiser of N(0, 0.5²). */
async function freshModel(changes: Partial<SongUNetConfig> = {}): Promise<StoredModel> {
  const config = { ...network, ...changes };
  const params = initNetwork(config, 0);
  const edm = { network: config, prediction: 'x0', preconditioning: { kind: 'edm' }, process: { kind: 'edm' } } as const;
  const files = saveModel({ ...edm, samplingSteps: [18], data: 'none' }, await downloadTree(params));
  dispose(params);
  return loadModel(files['model.safetensors'], files['config.json']);
}

let model: StoredModel;
beforeAll(async () => {
  await useBackend('cpu');
  model = await freshModel();
});

async function drawn(options: Partial<DrawOptions>, from = model): Promise<number[]> {
  const values: number[] = [];
  for await (const batch of draw(from, { steps: 4, seed: 3, indices: [0], ...options })) values.push(...batch.values);
  return values;
}

const startOf = (sample: number) => [...randomNormals({ seed: 3, stream: streams.sampleNoise, sample }, pixels)];

test("EDM's models follow the path of Gaussian data from noise of standard deviation 80", async () => {
  const images = await drawn({ steps: 64, indices: [5] });
  const factor = (80 * 0.5) / Math.hypot(80, 0.5);
  startOf(5).forEach((x, i) => {
    expect(Math.abs(images[i] - factor * x)).toBeLessThan(0.01 * Math.abs(factor * x)); // Heun's own error at 64 steps
  });
});

test('the callback sees the noise, then every step of every batch', async () => {
  const seen: [readonly number[], number, number][] = [];
  const onStep: DrawOptions['onStep'] = async ({ indices, step, steps, images }) => {
    expect(steps).toBe(4);
    seen.push([indices, step, (await read(images))[0]]);
  };
  const images = await drawn({ indices: [0, 7, 3], batch: 2, onStep });
  expect(seen.map(([indices, step]) => [indices, step])).toEqual(
    [[0, 7], [3]].flatMap((indices) => [0, 1, 2, 3, 4].map((step) => [indices, step])),
  );
  expect(seen[0][2]).toBeCloseTo(80 * startOf(0)[0], 4);
  expect(seen[4][2]).toBe(images[0]);
});

test.each([{}, { churn: 2 }, { sampler: 'dpm-solver', eta: 1 }, { sampler: 'sa-solver' }, { sampler: 'dpm2-ancestral' }] as const)(
  'image i is the same in every batch: %o',
  async (options) => {
    const together = await drawn({ indices: [0, 7, 3], ...options });
    expect(await drawn({ indices: [7], ...options })).toEqual(together.slice(pixels, 2 * pixels));
    expect(await drawn({ indices: [3, 0, 7], batch: 2, ...options })).toEqual([
      ...together.slice(2 * pixels),
      ...together.slice(0, 2 * pixels),
    ]);
  },
);

test('noise of the caller takes the place of that of the seed', async () => {
  const noise = (index: number) => randomNormals({ seed: 3, stream: streams.sampleNoise, sample: index + 1 }, pixels);
  expect(await drawn({ indices: [4], noise })).toEqual(await drawn({ indices: [5] }));
  await expect(drawn({ noise: () => new Float32Array(3) })).rejects.toThrow(/noise must give 16 numbers for an image, got 3/);
});

test('a class is drawn for each image, or is that of all', async () => {
  const three = await freshModel({ classes: 3 });
  // A fresh network hardly looks at its class; these weights do.
  const waves = ({ shape, data }: NamedArray): NamedArray => ({
    dtype: 'F32',
    shape,
    data: Float32Array.from({ length: data.length }, (_, i) => 0.2 * Math.sin(i + 1)),
  });
  const conditional = { ...three, tensors: new Map([...three.tensors].map(([name, array]) => [name, waves(array)])) };
  const each = await Promise.all([0, 1, 2].map((label) => drawn({ class: label }, conditional)));
  expect(new Set(each.map(String)).size).toBe(3);
  expect(each).toContainEqual(await drawn({}, conditional));
  await expect(drawn({ class: 3 }, conditional)).rejects.toThrow(/class 3 is none of this model's 3 classes/);
  await expect(drawn({ class: 0 })).rejects.toThrow(/class 0 is for a model of several classes/);
  await expect(drawn({ batch: 0 })).rejects.toThrow(SamplingError);
});

test('nothing stays on the device, also when drawing ends early', async () => {
  const before = memory().tensors;
  await drawn({ indices: [0, 1] });
  const stop = new Error('enough');
  const onStep: DrawOptions['onStep'] = ({ step }) => {
    if (step === 2) throw stop;
  };
  await expect(drawn({ onStep })).rejects.toBe(stop);
  for await (const _ of draw(model, { steps: 1, indices: [0, 1], batch: 1 })) break;
  expect(memory().tensors).toBe(before);
});

test('a model that draws what is not a number is refused', async () => {
  await expect(drawn({ noise: () => new Float32Array(pixels).fill(Number.NaN) })).rejects.toThrow(ModelError);
});
