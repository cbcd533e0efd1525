import { expect, test } from 'vitest';
import { efficiency, stepSeconds, sumSeconds } from '../ranks-model.mjs';

const link = { bitsPerSecond: 1e9, latency: 0 };
const work = { imageSeconds: 1, batch: 16, bytes: 1e9, backward: 0.5 };

test('a sum over two ranks sends the bytes once, over many twice; one rank sends none', () => {
  expect(sumSeconds(2, 1e8, link)).toBeCloseTo(1);
  expect(sumSeconds(1e6, 1e8, link)).toBeCloseTo(2, 4);
  expect(sumSeconds(1, 1e8, link)).toBe(0);
  expect(sumSeconds(5, 100 * 2 ** 20, { ...link, latency: 1 }) - sumSeconds(5, 100 * 2 ** 20, link)).toBeCloseTo(32);
});

test('a step takes no less than computing and no less than the sums, and no more than both', () => {
  for (const n of [1, 2, 4, 16, 256]) {
    const [compute, sums] = [16 / n, sumSeconds(n, work.bytes, link)];
    const step = stepSeconds(n, work, link);
    expect(step).toBeGreaterThanOrEqual(Math.max(compute, sums) - 1e-9);
    expect(step).toBeLessThanOrEqual(compute + sums + 1e-9);
    expect(efficiency(n, work, link)).toBeCloseTo(compute / step);
  }
  expect(efficiency(1, work, link)).toBe(1);
});
