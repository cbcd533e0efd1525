import { expect, test } from 'vitest';
import { allFinite } from './all-finite.js';

test('one number that is not finite is found wherever it is', () => {
  const values = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 3e38);
  expect([allFinite(values), allFinite([])]).toEqual([true, true]);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const at of [0, 57, 99]) expect(allFinite(values.with(at, wrong))).toBe(false);
});
