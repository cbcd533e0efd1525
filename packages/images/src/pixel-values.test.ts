import { describe, expect, test } from 'vitest';
import { toBytes, toValues } from './pixel-values.js';

test('every byte survives the way to [-1, 1] and back', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const values = toValues(all);
  expect([values[0], values[255]]).toEqual([-1, 1]);
  expect(toBytes(values)).toEqual(all);
});

describe('toBytes', () => {
  test('rounds to the nearest and clamps', () => {
    const halfway = 0.5 / 127.5;
    expect([...toBytes([-1, -1 + 0.99 * halfway, -1 + 1.01 * halfway, 0, 1, 1.5, -7, Infinity, -Infinity])]).toEqual([
      0, 0, 1, 128, 255, 255, 0, 255, 0,
    ]);
  });
  test('refuses NaN', () => expect(() => toBytes([0, Number.NaN])).toThrow('value 1 is NaN'));
});
