import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutRows } from './row-pieces.js';

const million = 1e6;

test('one thread takes as many rows as have their room near the cache', () => {
  const how = { floats: million, parameters: million, sideBySide: 1 };
  expect(cutRows(10, how)).toEqual({ piece: 10, beside: 1 });
  expect(cutRows(1000, how)).toEqual({ piece: 16, beside: 1 });
  expect(cutRows(1000, { ...how, floats: 1e9 })).toEqual({ piece: 1, beside: 1 });
});

test('threads take pieces whose room is about as large as the parameters, if each gets one', () => {
  const how = { floats: million / 4, parameters: million, sideBySide: 2 };
  expect(cutRows(256, how)).toEqual({ piece: 4, beside: 2 });
  expect(cutRows(6, how)).toEqual({ piece: 3, beside: 2 });
  expect(cutRows(2, how)).toEqual({ piece: 1, beside: 2 });
  expect(cutRows(1, how)).toEqual({ piece: 1, beside: 1 });
});

test('threads stay together where the parameters are far larger than a piece near the cache, and where there are no kernels', () => {
  expect(cutRows(64, { floats: 3 * million, parameters: 60 * million, sideBySide: 2 })).toEqual({ piece: 4, beside: 1 });
  expect(cutRows(64, { floats: 0, parameters: 0, sideBySide: 2 })).toEqual({ piece: 64, beside: 1 });
  expect(cutRows(0, { floats: 0, parameters: million, sideBySide: 2 })).toEqual({ piece: 0, beside: 1 });
});

test('a piece is never empty, nor larger than what there is for each thread', () => {
  const numbers = fc.record({
    floats: fc.integer({ min: 1, max: 1e8 }),
    parameters: fc.integer({ min: 0, max: 1e8 }),
    sideBySide: fc.integer({ min: 1, max: 64 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), numbers, (rows, how) => {
      const { piece, beside } = cutRows(rows, how);
      expect(piece).toBeGreaterThanOrEqual(1);
      expect(piece * beside).toBeLessThanOrEqual(rows);
      expect([1, how.sideBySide]).toContain(beside);
    }),
  );
});
