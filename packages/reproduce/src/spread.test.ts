import { expect, test } from 'vitest';
import { judge, spreadOf } from './spread.js';

test('a spread is mean and standard deviation with n − 1', () => {
  expect(spreadOf([1, 2, 6])).toEqual({ count: 3, mean: 3, sd: Math.sqrt(7) });
  expect(spreadOf([4])).toEqual({ count: 1, mean: 4 });
});

test('a claim is judged by two standard errors of the difference, and by no single seed', () => {
  // Standard deviations of 3 over three seeds each: √(9/3 + 9/3) = 2.449, so that the border is at 4.899.
  const spread = (mean: number) => ({ count: 3, mean, sd: 3 });
  expect(judge(spread(10), spread(14.89))).toBe('not told apart');
  expect(judge(spread(10), spread(14.91))).toBe('confirmed');
  expect(judge(spread(14.91), spread(10))).toBe('refuted');
  expect(judge(spread(10), { count: 1, mean: 99 })).toBe('one seed');
});
