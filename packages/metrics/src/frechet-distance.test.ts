import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FeatureStatistics, featureStatistics } from './feature-statistics.js';
import { frechetDistance, type IndefiniteCovariance } from './frechet-distance.js';
import { symmetricEigen } from './symmetric-eigen.js';
import { goldenArray, goldenResult } from './testing/golden-metrics.js';
import { randomNumbers, transposeMultiply } from './testing/random-matrices.js';

const gaussian = (mean: number[], covariance: number[] | Float64Array): FeatureStatistics => ({
  count: 2,
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});
const diagonal = (values: number[]) => values.flatMap((value, i) => values.map((_, j) => (i === j ? value : 0)));
const trace = ({ mean, covariance }: FeatureStatistics) => mean.reduce((sum, _, i) => sum + covariance[i * mean.length + i], 0);
/** A random positive semidefinite matrix of rank `rank`: Xᵀ X. */
const semidefinite = (seed: number, n: number, rank = n) =>
  transposeMultiply(randomNumbers(seed, rank * n), randomNumbers(seed, rank * n), rank, n, n);

describe('the published program’s distances, to 1e-6', () => {
  const statistics = (name: string) => {
    const { values, columns } = goldenArray(name);
    return featureStatistics(values, columns);
  };
  test.each([
    ['frechet(a,b)', 'a', 'b'],
    ['frechet(rankDeficient)', 'rankDeficient.a', 'rankDeficient.b'],
  ])('%s', (key, a, b) => {
    expect(Math.abs(frechetDistance(statistics(a), statistics(b)) / goldenResult(key) - 1)).toBeLessThan(1e-6);
  });
});

describe('closed forms', () => {
  test('spheres: |μ₁ - μ₂|² + d (σ₁ - σ₂)²', () => {
    const [a, b] = [gaussian([1, 2, 3, 4], diagonal([4, 4, 4, 4])), gaussian([1, 0, 3, 5], diagonal([9, 9, 9, 9]))];
    expect(frechetDistance(a, b)).toBeCloseTo(5 + 4 * 1, 13);
  });

  test('two dimensions: tr √M = √(tr M + 2 √det M) with M = S₁S₂', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, other) => {
        const [s, t] = [semidefinite(seed, 2), semidefinite(other + 2 ** 31, 2)];
        const traceOfProduct = s[0] * t[0] + 2 * s[1] * t[1] + s[3] * t[3];
        const determinant = Math.max(0, (s[0] * s[3] - s[1] ** 2) * (t[0] * t[3] - t[1] ** 2));
        const expected = s[0] + s[3] + t[0] + t[3] - 2 * Math.sqrt(traceOfProduct + 2 * Math.sqrt(determinant));
        // √ of a determinant that cancelled to 2^-52 is right to 2^-26 only; this bounds the formula here, not the code.
        expect(frechetDistance(gaussian([0, 0], s), gaussian([0, 0], t))).toBeCloseTo(expected, 7);
      }),
    );
  });

  test('two lines u uᵀ and v vᵀ: |u|² + |v|² - 2 |u·v|, in 40 dimensions, without noise from the other 39', () => {
    const [u, v] = [randomNumbers(1, 40), randomNumbers(2, 40)];
    const [uu, vv] = [transposeMultiply(u, u, 1, 40, 40), transposeMultiply(v, v, 1, 40, 40)];
    const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    const zero = [...new Float64Array(40)];
    expect(frechetDistance(gaussian(zero, uu), gaussian(zero, vv))).toBeCloseTo(dot(u, u) + dot(v, v) - 2 * Math.abs(dot(u, v)), 13);
  });

  test('the definition itself, tr (S₁^½ S₂ S₁^½)^½ by eigenvectors', () => {
    const n = 30;
    const [s, t] = [semidefinite(11, n), semidefinite(12, n)];
    const { values, vectors } = symmetricEigen(s, n);
    const fourthRoot = vectors.map((entry, i) => entry * Math.max(values[Math.floor(i / n)], 0) ** 0.25);
    const root = transposeMultiply(fourthRoot, fourthRoot, n, n, n);
    const inner = transposeMultiply(root, transposeMultiply(t, root, n, n, n), n, n, n);
    const overlap = symmetricEigen(inner, n).values.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
    const [a, b] = [gaussian([...new Float64Array(n)], s), gaussian([...new Float64Array(n)], t)];
    // roots of eigenvalues near zero, each right to 2^-26 of the largest
    expect(frechetDistance(a, b)).toBeCloseTo(trace(a) + trace(b) - 2 * overlap, 6);
  });
});

describe('covariances with the noise of float32', () => {
  const [n, d] = [300, 120];
  /** Features whose spread falls off as those of images do, the last ones without any. */
  const features = (seed: number, scale: number) => randomNumbers(seed, n * d).map((x, i) => 0.4 + (x * scale) / (1 + (i % d)) ** 3);
  /** Errors of `size` beside the largest entry, the same in both halves. */
  function noisy(statistics: FeatureStatistics, size: number): FeatureStatistics {
    const covariance = statistics.covariance.slice();
    const largest = Math.max(...statistics.covariance);
    const errors = randomNumbers(99, d * d).map((x) => x * size * largest);
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) covariance[i * d + j] = covariance[j * d + i] += errors[i * d + j];
    return { ...statistics, covariance };
  }
  const [a, b] = [featureStatistics(features(1, 1), d), featureStatistics(features(2, 1.3), d)];
  const exact = frechetDistance(a, b);

  test.each([1e-7, 1e-9])(
    'errors of %d beside the largest entry change it by less than 1%%, and each indefinite matrix is named',
    (size) => {
      const seen: IndefiniteCovariance[] = [];
      const found = frechetDistance(noisy(a, size), noisy(b, size), { onIndefinite: (covariance) => seen.push(covariance) });
      expect(Math.abs(found / exact - 1)).toBeLessThan(0.01);
      expect(seen.map(({ of }) => of)).toEqual(['a', 'b']);
      for (const { smallest, largest } of seen) {
        expect(-smallest / largest).toBeGreaterThan(size / 10);
        expect(-smallest / largest).toBeLessThan(size * 100);
      }
    },
  );

  test('one noisy side is enough, and sums in float64 are none', () => {
    const seen: string[] = [];
    const onIndefinite = ({ of }: IndefiniteCovariance) => seen.push(of);
    expect(Math.abs(frechetDistance(a, noisy(b, 1e-7), { onIndefinite }) / exact - 1)).toBeLessThan(0.01);
    frechetDistance(a, b, { onIndefinite });
    expect(seen).toEqual(['b']);
  });
});

describe('as a distance', () => {
  test('a set has none from itself, full rank or not', () => {
    for (const [rows, d] of [
      [500, 48],
      [20, 48],
      [2, 9],
      [100, 1],
    ]) {
      const statistics = featureStatistics(randomNumbers(rows, rows * d), d);
      expect(frechetDistance(statistics, statistics)).toBeLessThan(1e-13 * d * trace(statistics));
    }
  });

  test('it is symmetric, and a shift of the mean adds its square', () => {
    const [a, b] = [featureStatistics(randomNumbers(1, 600), 12), featureStatistics(randomNumbers(2, 900), 12)];
    const there = frechetDistance(a, b);
    expect(frechetDistance(b, a)).toBeCloseTo(there, 13);
    const centred = { ...a, mean: b.mean };
    const shifted = { ...a, mean: b.mean.map((value) => value + 2) };
    expect(frechetDistance(shifted, b) - frechetDistance(centred, b)).toBeCloseTo(48, 12);
  });

  test('constant features and points are no special case', () => {
    const point = gaussian([0, 0, 0], diagonal([0, 0, 0]));
    expect(frechetDistance(point, point)).toBe(0);
    expect(frechetDistance(point, gaussian([1, 0, 0], diagonal([2, 0, 3])))).toBe(6);
  });

  test('it is never NaN and never negative, whatever rank and scale', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(12),
        fc.nat(12),
        fc.integer({ min: -70, max: 70 }),
        (seed, n, rank, other, exponent) => {
          const scale = 10 ** exponent;
          const zero = [...new Float64Array(n)];
          const a = gaussian(
            zero,
            semidefinite(seed, n, Math.min(rank, n)).map((value) => value * scale),
          );
          const b = gaussian(zero, semidefinite(seed + 1, n, Math.min(other, n)));
          const distance = frechetDistance(a, b);
          expect(distance).toBeGreaterThanOrEqual(0);
          expect(distance).toBeLessThanOrEqual((trace(a) + trace(b)) * (1 + 1e-12));
        },
      ),
    );
  });
});

describe('refused, by name', () => {
  const sound = gaussian([0, 0], [1, 0, 0, 1]);
  test.each([
    ['other dimensions', gaussian([0], [1]), 'of 2 and of 1 features'],
    ['a missing covariance', gaussian([0, 0], [1]), '2 features need 4 covariances, got 1'],
    ['NaN', gaussian([0, 0], [1, Number.NaN, 0, 1]), 'covariance 1 must be finite, got NaN'],
    ['an infinite mean', gaussian([0, Number.POSITIVE_INFINITY], [1, 0, 0, 1]), 'mean 1 must be finite'],
    ['a negative variance', gaussian([0, 0], [1, 0, 0, -1]), 'positive semidefinite'],
    ['a correlation over one', gaussian([0, 0], [1, 2, 2, 1]), 'positive semidefinite'],
    ['a matrix that is not symmetric', gaussian([0, 0], [1, 0.5, 0.1, 1]), 'symmetric'],
  ])('%s', (_what, statistics, words) => {
    expect(() => frechetDistance(sound, statistics)).toThrow(words);
    expect(() => frechetDistance(sound, statistics)).toThrow(RangeError);
  });
});
