import type { ExtractedRows, FeatureKind } from '@tract/metrics';
import { expect, test } from 'vitest';
import { compareSides, fewSamplesWarning, kindsFor, sideOf } from './comparison.js';

const rows = (values: readonly number[], dimensions = 1): Map<FeatureKind, ExtractedRows> =>
  new Map([['features', { values: Float32Array.from(values), dimensions }]]);
const [samples, reference] = [sideOf('a', rows([0, 2])), sideOf('b', rows([3, 5]))];
const wanted = { seed: 0 };

test('the distance of Gaussians of equal variance is the squared distance of their means', () => {
  expect(compareSides(samples, reference, wanted, 'frechet_distance').frechet_distance).toBeCloseTo(9, 12);
});

test('a side without its images gives the distance alone', () => {
  const { rows: _, ...statistics } = reference;
  expect(compareSides(samples, statistics, wanted, 'd').d).toBeCloseTo(9, 12);
  for (const score of ['kid', 'prdc'] as const) {
    const error = expect.objectContaining({
      name: 'ScoresError',
      kind: 'needs-images',
      message: expect.stringMatching(`^${score} needs images, but b`),
    });
    expect(() => compareSides(samples, statistics, { ...wanted, [score]: true }, 'd')).toThrow(error);
  }
  expect(() => compareSides(samples, reference, { ...wanted, sfid: true }, 'd')).toThrow('sfid needs spatial statistics, and a has none');
});

test('sides of different extractors are not compared, and one image has no statistics', () => {
  const other = sideOf('c', rows([1, 2, 3, 4, 5, 6], 2));
  expect(() => compareSides(samples, other, wanted, 'd')).toThrow(/a has 1 features and c 2: they were made by different extractors/);
  expect(() => sideOf('a', rows([1]))).toThrow('at least 2 images, a has one');
});

test('samples that cannot fill a covariance are warned of', () => {
  expect(fewSamplesWarning(samples)).toBeUndefined();
  expect(fewSamplesWarning(sideOf('d', rows([0, 1, 0, 0, 1, 1], 3)))).toContain('d has only 2 images for 3 features');
});

test('the kinds of features are those that the scores need', () => {
  expect(kindsFor({ seed: 0 })).toEqual({ samples: ['features'], reference: ['features'] });
  expect(kindsFor({ seed: 0, is: true, sfid: true })).toEqual({
    samples: ['features', 'spatial', 'logits'],
    reference: ['features', 'spatial'],
  });
});
