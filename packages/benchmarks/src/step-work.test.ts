import { registerNativeBackend } from '@tract/backend-native';
import { conv2d, dispose, groupNorm, noise, useBackend } from '@tract/tensor';
import { expect, test } from 'vitest';
import { countWork } from './step-work.js';

test('work is counted by what limits it', async () => {
  registerNativeBackend();
  await useBackend('native');
  const normals = (...shape: number[]) => noise({ seed: 0, samples: { first: 0, count: shape[0] }, shape: shape.slice(1) });
  const [x, filter, pointwise, gamma, beta] = [
    normals(2, 8, 8, 32),
    normals(3, 3, 32, 16),
    normals(1, 1, 32, 16),
    normals(32),
    normals(32),
  ];
  const counted = await countWork(async () => {
    dispose([conv2d(x, filter), conv2d(x, pointwise), groupNorm(x, gamma, beta, { groups: 8 })]);
  });
  dispose([x, filter, pointwise, gamma, beta]);
  const pixels = 2 * 8 * 8;
  expect(counted).toEqual({
    convolutionFlops: 2 * pixels * 16 * 9 * 32,
    convolutionBytes: 4 * (pixels * 32 + 9 * 32 * 16 + pixels * 16),
    productFlops: 2 * pixels * 16 * 32,
    otherBytes: 4 * (2 * pixels * 32 + 2 * 32 + 2 * 2 * 8),
    launches: 3,
  });
});
