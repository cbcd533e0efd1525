import { expect, test } from 'vitest';
import { errorsOf, fit, kinds, predict } from '../scaling-model.mjs';

// Sizes that differ in kind: no two of the five are proportional.
const works = Array.from({ length: 9 }, (_, i) =>
  Object.fromEntries(kinds.map(([kind, , unit], k) => [kind, unit * (1 + ((i * (k + 2)) % 11) + 0.5 * k)])),
);
const speeds = [4, 20, 8, 30, 5];

test('a model finds the speeds that times were made of, and is right about points that it has not seen', () => {
  const points = works.map((work) => ({ work, ms: predict(speeds, work) }));
  for (const [i, coefficient] of fit(points).entries()) expect(coefficient).toBeCloseTo(speeds[i], 6);
  for (const { error, unseen } of errorsOf(points)) expect(Math.max(Math.abs(error), Math.abs(unseen))).toBeLessThan(1e-6);
});

test('a point that is a tenth slower than the others say is seen', () => {
  const points = works.map((work, i) => ({ work, ms: predict(speeds, work) * (i === 4 ? 1.1 : 1) }));
  expect(errorsOf(points)[4].unseen).toBeCloseTo(1 / 1.1 - 1, 6);
});

test('work that costs nothing gets no negative speed', () => {
  const points = works.map((work) => ({ work, ms: predict([4, 20, 8, 30, 0], work) - 0.01 }));
  expect(Math.min(...fit(points))).toBeGreaterThanOrEqual(0);
});
