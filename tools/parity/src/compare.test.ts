import { expect, test } from 'vitest';
import { elementwiseError, isMiss, relativeError, relativeErrorBeyond, worstFinding } from './compare.js';

test('an error is relative to the largest expected entry, or to the scale that is given', () => {
  expect(relativeError([1, 2.5], [1, 2])).toBe(0.25);
  expect(relativeError([1, 2.5], [1, 2], 5)).toBe(0.1);
  expect(relativeError([0.5], [0])).toBe(0.5);
});

test('NaN on either side is an infinite error, and a miss at any tolerance', () => {
  for (const error of [
    relativeError([Number.NaN, 1], [1, 1]),
    relativeError([1, 1], [1, Number.NaN]),
    elementwiseError([Number.NaN], [1]),
  ]) {
    expect(error).toBe(Number.POSITIVE_INFINITY);
    expect(isMiss({ what: '', error, tolerance: 1e9 })).toBe(true);
  }
});

test('element by element, a small entry counts as much as a large one, down to a thousandth of the largest', () => {
  expect(elementwiseError([1000, 2.2], [1000, 2])).toBeCloseTo(0.1, 12);
  expect(elementwiseError([1000, 0.1], [1000, 0])).toBeCloseTo(0.1, 12);
});

test('what an entry is allowed does not count, what is beyond it does', () => {
  expect(relativeErrorBeyond([1, 0], [5, 4], [4, 4])).toBe(0);
  expect(relativeErrorBeyond([0.5, 0], [5, 4], [4, 4])).toBe(0.125);
});

test('lists of different length are refused', () => {
  expect(() => relativeError([1], [1, 2])).toThrow('ours has 1 numbers where the file has 2');
});

test('the worst finding is the one nearest its tolerance, not the one with the largest error', () => {
  const findings = [
    { what: 'a', error: 1e-5, tolerance: 1e-4 },
    { what: 'b', error: 2e-6, tolerance: 1e-6 },
  ];
  expect(worstFinding(findings).what).toBe('b');
});
