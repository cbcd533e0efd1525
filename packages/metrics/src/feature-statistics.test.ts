import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accumulateStatistics, featureStatistics, mergeStatistics } from './feature-statistics.js';
import { distance, randomNumbers } from './testing/random-matrices.js';

/** The textbook in two passes. */
function twoPass(features: Float64Array, d: number) {
  const n = features.length / d;
  const mean = Float64Array.from(
    { length: d },
    (_, i) => Array.from({ length: n }, (_, r) => features[r * d + i]).reduce((a, b) => a + b, 0) / n,
  );
  const covariance = new Float64Array(d * d);
  for (let r = 0; r < n; r++) {
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) covariance[i * d + j] += ((features[r * d + i] - mean[i]) * (features[r * d + j] - mean[j])) / (n - 1);
  }
  return { mean, covariance };
}

test('mean and covariance are those of the textbook, for any count and dimension', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 9 }), fc.nat(), (n, d, seed) => {
      const features = randomNumbers(seed, n * d);
      const { mean, covariance, count } = featureStatistics(features, d);
      const expected = twoPass(features, d);
      expect(count).toBe(n);
      // float64 sums of at most 200 terms of size 1
      expect(distance(mean, expected.mean)).toBeLessThan(1e-14);
      expect(distance(covariance, expected.covariance)).toBeLessThan(1e-14);
    }),
  );
});

test('the unbiased variance of 1, 2, 3, 4 is 5/3', () => {
  const { mean, covariance } = featureStatistics(Float64Array.of(1, 2, 3, 4), 1);
  expect([mean[0], covariance[0]]).toEqual([2.5, 5 / 3]);
});

test('how the stream is cut into batches changes not one bit', () => {
  const features = randomNumbers(3, 333 * 7);
  const whole = featureStatistics(features, 7);
  for (const rows of [1, 5, 64, 65, 200]) {
    const stream = accumulateStatistics(7);
    for (let at = 0; at < features.length; at += rows * 7) stream.add(features.subarray(at, at + rows * 7));
    expect(stream.count()).toBe(333);
    expect(stream.statistics()).toEqual(whole);
  }
});

test('looking at the statistics does not disturb the stream', () => {
  const features = randomNumbers(4, 100 * 3);
  const stream = accumulateStatistics(3);
  stream.add(features.subarray(0, 150));
  expect(stream.statistics()).toEqual(featureStatistics(features.subarray(0, 150), 3));
  stream.add(features.subarray(150));
  expect(stream.statistics()).toEqual(featureStatistics(features, 3));
});

test('a large mean does not eat a small variance', () => {
  const small = randomNumbers(5, 1000);
  const shifted = small.map((value) => value + 1e6);
  // 1e6 + x is itself rounded to 2^-33; naive sums of squares would be wrong in the third digit.
  expect(featureStatistics(shifted, 1).covariance[0] / featureStatistics(small, 1).covariance[0]).toBeCloseTo(1, 8);
});

describe('merging', () => {
  test('two parts gives the statistics of the whole', () => {
    const features = randomNumbers(6, 300 * 5);
    const [a, b] = [featureStatistics(features.subarray(0, 70 * 5), 5), featureStatistics(features.subarray(70 * 5), 5)];
    const merged = mergeStatistics(a, b);
    const whole = featureStatistics(features, 5);
    expect(merged.count).toBe(300);
    expect(distance(merged.mean, whole.mean)).toBeLessThan(1e-15);
    expect(distance(merged.covariance, whole.covariance)).toBeLessThan(1e-15);
  });
  test('refuses sets of other dimensions', () => {
    expect(() => mergeStatistics(featureStatistics(randomNumbers(1, 6), 2), featureStatistics(randomNumbers(1, 6), 3))).toThrow(RangeError);
  });
});

test('bad input is refused by name', () => {
  expect(() => accumulateStatistics(0)).toThrow('dimensions must be an integer ≥ 1, got 0');
  expect(() => featureStatistics(new Float64Array(7), 2)).toThrow('7 numbers are not rows of 2 features');
  expect(() => featureStatistics(Float64Array.of(1, Number.NaN), 1)).toThrow('feature 1 must be finite, got NaN');
  expect(() => featureStatistics(Float64Array.of(1), 1)).toThrow('at least two rows of features, got 1');
});
