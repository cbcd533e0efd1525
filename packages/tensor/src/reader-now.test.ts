import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { dispose, readerNow, tensor, useBackend } from './index.js';

beforeAll(() => useBackend('cpu'));

test('values are read at once, anew each time, as copies, until the tensor is disposed', () => {
  const x = tensor([1, 2, 3], [3]);
  const now = readerNow(x)!;
  const first = now();
  expect(first).toEqual(Float32Array.of(1, 2, 3));
  first[0] = 7;
  expect(now()).toEqual(Float32Array.of(1, 2, 3));
  dispose(x);
  expect(now).toThrow('readerNow: the tensor has been disposed');
});
