import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { dispose, memory, readScalar, reusable, square, tensor, useBackend, valueAndGrad } from './index.js';

beforeAll(() => useBackend('cpu'));

test('gradients to reuse are freed where the backend has no stores', async () => {
  const params = { x: tensor([3], []) };
  const before = memory();
  const first = valueAndGrad(({ x }) => square(x), params);
  const second = valueAndGrad(({ x }) => square(x), params, { reuse: first.grads });
  expect(first.grads.x.isDisposed).toBe(true);
  expect(await readScalar(second.grads.x)).toBe(6);
  expect(reusable(second.grads)).toBe(undefined);
  dispose([first.value, second.value]);
  expect(memory()).toEqual(before);
  dispose(params);
});
