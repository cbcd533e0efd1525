import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { edmGrid } from '@tract/schedules';
import { expect, test } from 'vitest';
import { drain, edmStochastic, float32Space, startNoise } from '../index.js';
import { gaussianDenoiser } from '../testing/index.js';
import { tfjsSpace } from './index.js';

test('TensorFlow.js draws what Float32Arrays draw, and leaves one tensor more', async () => {
  await tf.setBackend('cpu');
  const space = tfjsSpace<tf.Tensor>(tf);
  const levels = edmGrid(6);
  const start = startNoise(float32Space, new Float32Array(12), levels[0]);
  const expected = await drain(edmStochastic(float32Space, gaussianDenoiser(float32Space, 0.5), start, levels));
  const xT = tf.tensor(start, [1, 2, 2, 3]);
  const before = tf.memory().numTensors;
  const drawn = await drain(edmStochastic(space, gaussianDenoiser(space, 0.5), xT, levels));
  expect(tf.memory().numTensors).toBe(before + 1);
  expect(drawn.shape).toEqual([1, 2, 2, 3]);
  const values = await drawn.data();
  expected.forEach((value, i) => {
    expect(values[i]).toBeCloseTo(value, 4); // float32 sums of steps that start at 80
  });
  expect(space.fault?.(3)).toBe('is no tensor but number');
});
