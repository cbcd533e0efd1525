import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { dispose, memory, readScalar, spare, square, tensor, useBackend, valueAndGrad, zeros } from './index.js';

beforeAll(() => useBackend('cpu'));

test('valueAndGrad frees spare gradients that the backend does not write over', async () => {
  const params = { x: tensor([3], []) };
  const before = memory();
  const first = valueAndGrad(({ x }) => square(x), params);
  const second = valueAndGrad(({ x }) => square(x), params, { into: first.grads });
  expect(first.grads.x.isDisposed).toBe(true);
  expect(await readScalar(second.grads.x)).toBe(6);
  expect(spare(second.grads)).toBe(undefined);
  dispose([first.value, second.value]);
  expect(memory()).toEqual(before);
  dispose(params);
});

test('valueAndGrad freezes the tree of the parameters', () => {
  const params = { layers: [{ w: tensor([3], []) }] };
  dispose(valueAndGrad(({ layers: [{ w }] }) => square(w), params));
  expect(() => params.layers.push({ w: zeros([]) })).toThrow(TypeError);
  expect(() => {
    params.layers[0].w = zeros([]);
  }).toThrow(TypeError);
  dispose(params);
});
