import '@tensorflow/tfjs-backend-cpu';
import { cosineLevel, type NoiseLevel } from '@tract/schedules';
import { dispose, noise, read, useBackend, zeros } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { outputChannels, type Prediction, toX0, trueOutput } from './prediction.js';
import { addNoise } from './process.js';
import { gaussianImages } from './testing/images.js';

beforeAll(() => useBackend('cpu'));

const levels: NoiseLevel[] = [0.1, 0.4, 0.7].map((t) => cosineLevel(t));
const shape = [2, 3, 2];

describe.each(['x0', 'eps', 'v', 'x0+eps'] as Prediction[])('%s', (prediction) => {
  test('is undone: a perfect output gives back the clean image', async () => {
    const x0 = gaussianImages(0.5, 3, shape);
    const eps = noise({ seed: 3, samples: [0, 1, 2], shape });
    const output = trueOutput(prediction, x0, eps, levels);
    const back = toX0(prediction, output, addNoise(x0, eps, levels), levels);
    const expected = await read(x0);
    // float32, and a division by alpha ≥ 0.45 for eps
    (await read(back)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    expect(output.shape).toEqual([3, 2, 3, outputChannels(prediction, 2)]);
    dispose([x0, eps, output, back]);
  });

  test('refuses an output with the wrong number of channels', () => {
    const xt = zeros([1, 2, 2, 3]);
    const output = zeros([1, 2, 2, 5]);
    expect(() => toX0(prediction, output, xt, [levels[0]])).toThrow(/must output \[1,2,2,[36]\].*got \[1,2,2,5\]/);
    dispose([xt, output]);
  });
});

test('of two heads, the clean image is believed in noise and the noise in the clean', async () => {
  const xt = zeros([2, 1, 1, 1]);
  const x0Head = gaussianImages(1, 2, [1, 1, 1]);
  const epsHead = noise({ seed: 5, samples: [0, 1], shape: [1, 1, 1] });
  const output = trueOutput('x0+eps', x0Head, epsHead, []);
  const ends = [cosineLevel(1), cosineLevel(0)];
  const combined = await read(toX0('x0+eps', output, xt, ends));
  const [believed] = await read(x0Head);
  expect(combined[0]).toBeCloseTo(believed, 3); // alpha at t = 1 is 4.5e-5
  expect(combined[1]).toBeCloseTo(0, 3); // (xt − sigma·eps) / alpha with xt = 0, sigma = 4.5e-5
});
