import { randomNormals } from '@tract/tensor';
import { describe, expect, test } from 'vitest';
import { featureStatistics } from './feature-statistics.js';
import { fewSamples } from './few-samples.js';
import { extrapolateFrechet, frechetAtInfinity } from './frechet-extrapolation.js';
import { inceptionScore, softmaxRows } from './inception-score.js';
import { kernelDistance, wholeKernelDistance } from './kernel-distance.js';
import { precisionRecall } from './precision-recall.js';
import { randomSubset } from './random-subset.js';
import { goldenArray, goldenResult } from './testing/golden-metrics.js';
import { randomNumbers } from './testing/random-matrices.js';

const relative = (got: number, expected: number): number => Math.abs(got / expected - 1);
const normals = (seed: number, rows: number, d: number) => randomNormals({ seed }, rows * d);

describe('the published programs’ numbers, to 1e-6', () => {
  const [a, b, p] = ['a', 'b', 'probabilities'].map(goldenArray);
  test('kernel distance of the whole sets', () => {
    expect(relative(wholeKernelDistance(a.values, b.values, a.columns), goldenResult('kid(a,b)'))).toBeLessThan(1e-6);
  });
  test('Inception Score in one split', () => {
    const { mean, std } = inceptionScore(p.values, p.columns, { splits: 1 });
    expect(relative(mean, goldenResult('inceptionScore(one split)'))).toBeLessThan(1e-6);
    expect(std).toBe(0);
  });
  test('precision, recall, density and coverage', () => {
    expect(precisionRecall(b.values, a.values, a.columns)).toMatchObject(goldenResult('prdc(real=b,fake=a,k=3)'));
  });
});

describe('kernel distance', () => {
  test('on one subset that is the whole set is that of the whole sets, in any order', () => {
    const [a, b] = [randomNumbers(1, 40 * 5), randomNumbers(2, 40 * 5)];
    const { mean, std, subsetSize } = kernelDistance(a, b, 5, { subsets: 1 });
    expect(subsetSize).toBe(40);
    expect(mean).toBeCloseTo(wholeKernelDistance(a, b, 5), 14);
    expect(std).toBe(0);
    expect(wholeKernelDistance(b, a, 5)).toBeCloseTo(mean, 14);
  });
  test('of one dimension is that of the definition', () => {
    const [a, b] = [Float64Array.of(1, 2), Float64Array.of(0, -1)];
    // k(x, y) = (xy + 1)³: within a 27, within b 1, between 1, 0, 1, -1.
    expect(wholeKernelDistance(a, b, 1)).toBe(27 + 1 - 2 * (1 / 4));
  });
  test('of two samples of one law is zero within its spread, and the seed decides it', () => {
    const [a, b] = [normals(3, 3000, 16), normals(4, 3000, 16)];
    const first = kernelDistance(a, b, 16, { subsets: 8, subsetSize: 500, seed: 7 });
    expect(Math.abs(first.mean)).toBeLessThan(2 * first.std);
    expect(kernelDistance(a, b, 16, { subsets: 8, subsetSize: 500, seed: 7 })).toEqual(first);
    expect(kernelDistance(a, b, 16, { subsets: 8, subsetSize: 500, seed: 8 }).mean).not.toBe(first.mean);
  });
  test('refuses, by name', () => {
    const few = randomNumbers(1, 6);
    expect(() => kernelDistance(few, few, 2, { subsetSize: 4 })).toThrow("subsetSize must be from 2 to the smaller set's 3, got 4");
    expect(() => kernelDistance(few, few, 4)).toThrow('6 numbers are not rows of 4 features');
    expect(() => wholeKernelDistance(Float64Array.of(1, Number.NaN), few, 1)).toThrow('feature 1 must be finite, got NaN');
  });
});

describe('Inception Score', () => {
  const oneHot = (labels: readonly number[], classes: number) =>
    Float64Array.from(labels.flatMap((label) => Array.from({ length: classes }, (_, c) => (c === label ? 1 : 0))));
  test('is the number of classes for sure and even answers, 1 for the same answer to all', () => {
    expect(inceptionScore(oneHot([0, 1, 2, 3, 0, 1, 2, 3], 4), 4, { splits: 2 }).mean).toBeCloseTo(4, 13);
    expect(inceptionScore(oneHot([2, 2, 2], 4), 4, { splits: 1 }).mean).toBe(1);
  });
  test('of images sorted by class needs the shuffle', () => {
    const sorted = oneHot(
      Array.from({ length: 400 }, (_, i) => Math.floor(i / 100)),
      4,
    );
    expect(inceptionScore(sorted, 4, { splits: 4 }).mean).toBeCloseTo(1, 13);
    expect(inceptionScore(sorted, 4, { splits: 4, seed: 1 }).mean).toBeGreaterThan(3.8);
  });
  test('softmax does not overflow', () => {
    expect([...softmaxRows(Float32Array.of(1000, 1000, 0, 0), 2)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
  test('refuses what is no distribution', () => {
    expect(() => inceptionScore(Float64Array.of(0.5, 0.2), 2, { splits: 1 })).toThrow(
      'row 0 must be probabilities that sum to 1, but sums to 0.7',
    );
    expect(() => inceptionScore(Float64Array.of(0.5, 0.5), 2)).toThrow('splits must be an integer from 1 to the 1 images, got 10');
  });
});

describe('precision and recall', () => {
  test('of a set with itself are 1, duplicates or not', () => {
    const set = randomNumbers(5, 60 * 4);
    expect(precisionRecall(set, set, 4)).toMatchObject({ precision: 1, recall: 1, coverage: 1, fScore: 1 });
    const twice = Float64Array.from([...set, ...set, ...set, ...set]);
    expect(precisionRecall(twice, twice, 4)).toMatchObject({ precision: 1, recall: 1 });
  });
  test('tell a mode that is left out from samples that are far off', () => {
    // Two places in the real set; the generated one knows only the first.
    const [near, far] = [randomNumbers(6, 50 * 3), randomNumbers(7, 50 * 3).map((value) => value + 10)];
    const real = Float64Array.from([...near, ...far]);
    const half = precisionRecall(real, randomNumbers(8, 50 * 3), 3);
    expect(half.precision).toBeGreaterThan(0.8);
    expect(half.recall).toBeLessThanOrEqual(0.5);
    expect(half.coverage).toBeLessThanOrEqual(0.5);
    expect(precisionRecall(near, far, 3)).toMatchObject({ precision: 0, recall: 0, density: 0, coverage: 0, fScore: 0 });
  });
  test('of points on a line, by hand', () => {
    // k = 1. Radii: real 1 1 6, generated 0.5 0.5 (and squared inside).
    const result = precisionRecall(Float64Array.of(0, 1, 7), Float64Array.of(0.25, 0.75), 1, { neighbours: 1 });
    expect(result).toMatchObject({ precision: 1, recall: 2 / 3, density: (2 + 2 + 0) / 2 + 0, coverage: 2 / 3 });
  });
  test('refuses too few', () => {
    expect(() => precisionRecall(Float64Array.of(1, 2, 3), Float64Array.of(1, 2, 3), 1)).toThrow('one less than the 3 vectors, got 3');
  });
});

describe('the number of samples', () => {
  const d = 24;
  const reference = {
    count: 1e6,
    mean: new Float64Array(d),
    covariance: Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0)),
  };
  const samples = normals(11, 2000, d);
  const measured = extrapolateFrechet(samples, reference).measured;
  test('extrapolated by halves: the reference’s own formula, and near 0 for samples of the reference', () => {
    const { distance, halves, count } = extrapolateFrechet(samples, reference, { seed: 3 });
    expect(count).toBe(50_000);
    expect(halves).toHaveLength(5);
    expect(distance).toBeCloseTo(measured + (halves[2] - measured) * (2000 / 50_000 - 1), 14);
    expect(extrapolateFrechet(samples, reference, { count: 2000 }).distance).toBe(measured);
    // The bias is about (d + d(d + 1) / 4) / n = 0.09; what is left is the spread of the halves.
    expect(measured).toBeGreaterThan(0.05);
    expect(Math.abs(distance)).toBeLessThan(measured / 2);
  });
  test('at infinity by regression: nearer to 0 than what was measured', () => {
    const { distance, slope, points } = frechetAtInfinity(samples, reference);
    expect(points.map(({ count }) => count).at(-1)).toBe(2000);
    expect(points).toHaveLength(15);
    expect(slope).toBeGreaterThan(0);
    expect(Math.abs(distance)).toBeLessThan(measured / 2);
  });
  test('a covariance that cannot have full rank is worth a warning, with the numbers', () => {
    expect(fewSamples(featureStatistics(normals(1, d, d), d))).toEqual({ count: d, dimensions: d });
    expect(fewSamples(featureStatistics(normals(1, d + 1, d), d))).toBeUndefined();
  });
  test('refused, by name', () => {
    expect(() => extrapolateFrechet(samples.subarray(0, 3 * d), reference)).toThrow('at least 4 samples, got 3');
    expect(() => extrapolateFrechet(samples, reference, { count: 0 })).toThrow('count must be an integer ≥ 1, got 0');
    expect(() => frechetAtInfinity(samples, reference, { fewest: 2000 })).toThrow(
      'fewest must be from 2 to one less than the 2000 samples',
    );
  });
});

test('a random subset has no number twice, and every number the same chance', () => {
  const hits = new Float64Array(10);
  for (let step = 0; step < 2000; step++) {
    const subset = randomSubset(10, 4, { seed: 1, step });
    expect(new Set(subset).size).toBe(4);
    for (const place of subset) hits[place]++;
  }
  // 800 expected, standard deviation 22
  for (const count of hits) expect(Math.abs(count - 800)).toBeLessThan(90);
});
