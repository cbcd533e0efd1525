import { expect, test } from 'vitest';
import { clock, inSteps, significant, withCommas } from './format-numbers.js';

test('counts have commas and steps their plural', () => {
  expect([withCommas(999), withCommas(1_234_567), inSteps(1), inSteps(1024)]).toEqual(['999', '1,234,567', '1 step', '1,024 steps']);
});

test('durations are rounded to seconds and show hours where there are any', () => {
  expect([-5, 4499, 67_000, 3_599_499, 3_599_500, 3_700_000].map(clock)).toEqual(['0:00', '0:04', '1:07', '59:59', '1:00:00', '1:01:40']);
});

test('numbers keep four digits and take a power of ten at the ends', () => {
  expect([0, 0.5, 12.3456, -1e-4, 0.001, 99_999, 100_000].map(significant)).toEqual([
    ...['0', '0.5', '12.35', '-1.00e-4', '0.001', '100000', '1.00e+5'],
  ]);
});
