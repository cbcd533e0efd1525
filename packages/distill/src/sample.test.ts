import '@tensorflow/tfjs-backend-cpu';
import { heun } from '@tract/samplers';
import { gaussianScale } from '@tract/samplers/testing';
import { cosineLevel } from '@tract/schedules';
import { dispose, memory, randomNormals, read, useBackend } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { cosineNoiseGrid, denoiserOf, edmNoiseGrid, type Model, sampleImages, streams } from './index.js';
import { gaussianImages } from './testing/images.js';
import { exactGains, type GainTable, gainNetwork } from './testing/toy-network.js';

const timesteps = 64;
const sd = 0.25;
const shape = [2, 2, 1];
const process = cosineNoiseGrid(timesteps);
const model: Model<GainTable> = { network: gainNetwork(process), prediction: 'x0' };

beforeAll(() => useBackend('cpu'));

const sample = async (indices: number[], options: { steps?: number; seed?: number } = {}) => {
  const params = exactGains(process, sd);
  const images = await sampleImages({ model, params, steps: 64, seed: 3, shape, indices, ...options });
  expect(images.shape).toEqual([indices.length, ...shape]);
  const values = [...(await read(images))];
  dispose([params, images]);
  return values;
};

describe('sampleImages', () => {
  test('makes image i the same whatever is made beside it', async () => {
    const together = await sample([0, 7, 3]);
    expect(await sample([7])).toEqual(together.slice(4, 8));
    expect(await sample([3, 0])).toEqual([...together.slice(8), ...together.slice(0, 4)]);
    expect(await sample([7], { seed: 4 })).not.toEqual(together.slice(4, 8));
  });

  test('follows the path of Gaussian data from the noise of its index', async () => {
    const start = randomNormals({ seed: 3, stream: streams.sampleNoise, sample: 7 }, 4);
    const exact = start.map((x) => (x * gaussianScale(cosineLevel(0), sd)) / gaussianScale(cosineLevel(1), sd));
    (await sample([7])).forEach((x, i) => {
      expect(Math.abs(x - exact[i])).toBeLessThan(0.05 * Math.abs(exact[i])); // DDIM's own error at 64 steps
    });
  });

  test("on EDM's levels starts from noise of their first scale", async () => {
    const grid = edmNoiseGrid(timesteps);
    const params = exactGains(grid, sd);
    const starts: number[] = [];
    const images = await sampleImages({
      ...{ model: { network: gainNetwork(grid), prediction: 'x0' as const }, params, steps: [...grid.levels].reverse() },
      ...{ sampler: heun, seed: 3, indices: [7], shape },
      onStep: async (xt, step) => {
        if (step === 0) starts.push(...(await read(xt)));
      },
    });
    const start = randomNormals({ seed: 3, stream: streams.sampleNoise, sample: 7 }, 4);
    const factor = (80 * sd) / Math.hypot(80, sd);
    (await read(images)).forEach((x, i) => {
      expect(starts[i]).toBeCloseTo(80 * start[i], 4);
      expect(Math.abs(x - factor * start[i])).toBeLessThan(0.01 * Math.abs(factor * start[i])); // Heun's own error at 64 steps
    });
    dispose([params, images]);
  });

  test('leaves only its result alive', async () => {
    const params = exactGains(process, sd);
    const before = memory().tensors;
    const images = await sampleImages({ model, params, steps: 4, seed: 0, indices: [0, 1], shape });
    expect(memory().tensors).toBe(before + 1);
    dispose([params, images]);
    await expect(sampleImages({ model, params, steps: 0, seed: 0, indices: [0], shape })).rejects.toThrow(
      /steps must be a whole number from 1 to 1000000, got 0/,
    );
    expect(memory().tensors).toBe(before - 1);
  });

  test('lends each prediction on the way: DDIM goes from one to the next through them alone', async () => {
    const params = exactGains(process, sd);
    const before = memory().tensors;
    const [states, predictions]: number[][][] = [[], []];
    const images = await sampleImages({
      ...{ model, params, steps: 4, seed: 0, indices: [0], shape },
      onStep: async (xt) => void states.push([...(await read(xt))]),
      onPrediction: async (x0) => void predictions.push([...(await read(x0))]),
    });
    expect(predictions.length).toBe(4);
    const levels = [1, 0.75, 0.5, 0.25, 0].map((t) => cosineLevel(t));
    predictions.forEach((x0, i) => {
      const [from, to] = [levels[i], levels[i + 1]];
      const keep = to.sigma / from.sigma;
      states[i + 1].forEach((value, j) => {
        expect(value).toBeCloseTo(keep * states[i][j] + (to.alpha - from.alpha * keep) * x0[j], 5);
      });
    });
    dispose(images);
    const lost = { onPrediction: () => Promise.reject(new Error('enough')) };
    await expect(sampleImages({ model, params, steps: 4, seed: 0, indices: [0], shape, ...lost })).rejects.toThrow('enough');
    expect(memory().tensors).toBe(before);
    dispose(params);
  });

  test('refuses a list of nothing, and labels that do not match', async () => {
    const params = exactGains(process, sd);
    const options = { model, params, steps: 1, seed: 0, shape };
    await expect(sampleImages({ ...options, indices: [] })).rejects.toThrow(/indices names no image/);
    await expect(sampleImages({ ...options, indices: [1, 2], labels: [0] })).rejects.toThrow(/labels needs one entry for each of 2 images/);
  });
});

test('a denoiser clips to [-1, 1] unless told otherwise, and frees what it made', async () => {
  const params = exactGains(process, 100); // predicts xt / alpha
  const xt = gaussianImages(3, 4, shape);
  const before = memory().tensors;
  const clipped = await denoiserOf(model, params)(xt, cosineLevel(0.5));
  const free = await denoiserOf(model, params, { clip: false })(xt, cosineLevel(0.5));
  expect(memory().tensors).toBe(before + 2);
  expect(Math.max(...(await read(clipped)))).toBe(1);
  expect(Math.max(...(await read(free)))).toBeGreaterThan(1);
});
