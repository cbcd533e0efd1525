import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutRows } from './row-chunks.js';

const million = 1e6;
const cacheFloats = 2 ** 24;

test('one thread takes as many rows as have their room near the cache', () => {
  const how = { floats: million, parameters: million, cacheFloats, concurrency: 1 };
  expect(cutRows(10, how)).toEqual({ chunk: 10, concurrent: 1 });
  expect(cutRows(1000, how)).toEqual({ chunk: 16, concurrent: 1 });
  expect(cutRows(1000, { ...how, floats: 1e9 })).toEqual({ chunk: 1, concurrent: 1 });
});

test('threads take chunks whose room is about as large as the parameters, if each gets one', () => {
  const how = { floats: million / 4, parameters: million, cacheFloats, concurrency: 2 };
  expect(cutRows(256, how)).toEqual({ chunk: 4, concurrent: 2 });
  expect(cutRows(6, how)).toEqual({ chunk: 3, concurrent: 2 });
  expect(cutRows(2, how)).toEqual({ chunk: 1, concurrent: 2 });
  expect(cutRows(1, how)).toEqual({ chunk: 1, concurrent: 1 });
});

test('threads stay together where the parameters are far larger than a chunk near the cache, and where there are no kernels', () => {
  expect(cutRows(64, { floats: 3 * million, parameters: 60 * million, cacheFloats, concurrency: 2 })).toEqual({ chunk: 4, concurrent: 1 });
  expect(cutRows(64, { floats: 0, parameters: 0, cacheFloats, concurrency: 2 })).toEqual({ chunk: 64, concurrent: 1 });
  expect(cutRows(0, { floats: 0, parameters: million, cacheFloats, concurrency: 2 })).toEqual({ chunk: 0, concurrent: 1 });
});

test('a chunk is never empty, nor larger than what there is for each thread', () => {
  const numbers = fc.record({
    floats: fc.integer({ min: 1, max: 1e8 }),
    cacheFloats: fc.constant(cacheFloats),
    parameters: fc.integer({ min: 0, max: 1e8 }),
    concurrency: fc.integer({ min: 1, max: 64 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), numbers, (rows, how) => {
      const { chunk, concurrent } = cutRows(rows, how);
      expect(chunk).toBeGreaterThanOrEqual(1);
      expect(chunk * concurrent).toBeLessThanOrEqual(rows);
      expect([1, how.concurrency]).toContain(concurrent);
    }),
  );
});
