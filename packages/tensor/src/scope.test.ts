import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { dispose, fill, keep, memory, read, readScalar, scope, tensor, useBackend, zeros } from './index.js';

beforeAll(() => useBackend('cpu'));

test('a scope frees all but its result, which may be nested', () => {
  const before = memory().tensors;
  const result = scope(() => {
    zeros([3]);
    return { a: zeros([2]), more: [zeros([1]), new Map([['b', zeros([4])]])], count: 7, values: new Float32Array(1000) };
  });
  expect(memory().tensors).toBe(before + 3);
  dispose(result);
  expect(memory().tensors).toBe(before);
});

test('results climb through nested scopes; kept tensors stay', () => {
  const before = memory().tensors;
  let kept = zeros([]);
  dispose(kept);
  scope(() => {
    const inner = scope(() => zeros([2]));
    expect(inner.isDisposed).toBe(false);
    kept = keep(zeros([1]));
  });
  expect(memory().tensors).toBe(before + 1);
  dispose(kept);
  dispose(kept);
  expect(memory().tensors).toBe(before);
});

test('a scope that fails frees everything and passes the error on', () => {
  const before = memory().tensors;
  expect(() =>
    scope(() => {
      zeros([2]);
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  expect(() => scope(async () => zeros([2]))).toThrow(/must be synchronous/);
  expect(memory().tensors).toBe(before);
});

test('a tensor copies the values it is given, and reading copies them again', async () => {
  const values = Float32Array.of(1, 2);
  const x = tensor(values, [2]);
  values[0] = 9;
  const first = await read(x);
  first[1] = 9;
  expect(await read(x)).toEqual(Float32Array.of(1, 2));
  dispose(x);
  await expect(read(x)).rejects.toThrow(/disposed/);
});

test('wrong sizes and shapes are refused with what was expected', async () => {
  expect(() => tensor([1, 2, 3], [2])).toThrow('tensor: shape [2] holds 2 values, got 3');
  expect(() => zeros([2, -1])).toThrow(/non-negative integers, got \[2,-1\]/);
  const x = fill([2], 1);
  await expect(readScalar(x)).rejects.toThrow(/expected one element, got shape \[2\]/);
  dispose(x);
});

test('an unknown backend is refused with the known ones', async () => {
  await expect(useBackend('abacus')).rejects.toThrow(/no backend 'abacus' \(known: cpu\)/);
});
