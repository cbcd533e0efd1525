import type { ExtractedRows, FeatureKind } from '@tract/metrics';
import { expect, test } from 'vitest';
import { compareSides, fewSamplesWarning, kindsFor, measureImages, sideOf } from './comparison.js';
import { fewImagesWarning } from './digit-distance.js';
import type { ReadyExtractor } from './extractors.js';

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

/** Three features that depend on every pixel; images of 2x2. */
const pixelFeatures: ReadyExtractor = {
  extractor: {
    name: 'pixels',
    kinds: ['features'],
    extract: async ({ data, count }) => {
      const values = new Float32Array(3 * count);
      for (let i = 0; i < 3 * count; i++) values[i] = data[4 * Math.floor(i / 3) + (i % 3)] + data[4 * Math.floor(i / 3) + 3] / 2;
      return new Map([['features', { values, dimensions: 3 }]]);
    },
  },
  ...{ identity: 'pixels', batch: 7, free: () => {} },
};

test('where the features are not needed the statistics are the same, to the bit, from one batch in memory at a time', async () => {
  const count = 100;
  const data = Uint8Array.from({ length: 4 * count }, (_, i) => (i * 89 + 7 * (i % 11)) % 256);
  let most = 0;
  const take = (first: number, wanted: number) => {
    most = Math.max(most, wanted);
    return { data: data.subarray(4 * first, 4 * (first + wanted)), count: wanted, height: 2, width: 2, channels: 1 };
  };
  const images = { count, height: 2, width: 2, channels: 1, take };
  const [kept, streamed] = await Promise.all(
    [true, false].map((needsRows) => measureImages(images, pixelFeatures, ['features'], { source: 'a', needsRows })),
  );
  expect(kept.rows).toBeDefined();
  expect(streamed.rows).toBeUndefined();
  expect(streamed.statistics).toEqual(kept.statistics);
  expect(most).toBe(7);
});

test('a covariance that is indefinite is warned of, with its name and by how much', () => {
  const noisy = {
    name: 'noisy.npz',
    statistics: { features: { count: 0, mean: Float64Array.of(0, 0), covariance: Float64Array.of(1, 1, 1, 1 - 1e-6) } },
  };
  const other = {
    name: 'b.npz',
    statistics: { features: { count: 0, mean: Float64Array.of(0, 0), covariance: Float64Array.of(1, 0, 0, 1) } },
  };
  const said: string[] = [];
  // tr S₁ + tr S₂ - 2 tr S₁^½, with the eigenvalues 2 - 5e-7 and -5e-7 of S₁
  expect(compareSides(noisy, other, wanted, 'd', (sentence) => said.push(sentence)).d).toBeCloseTo(4 - 1e-6 - 2 * Math.sqrt(2 - 5e-7), 9);
  expect(said).toEqual([
    expect.stringContaining('the covariance of noisy.npz is indefinite: its smallest eigenvalue is -2.5e-7 of the largest'),
  ]);
});

test('sides of different extractors are not compared, and one image has no statistics', () => {
  const other = sideOf('c', rows([1, 2, 3, 4, 5, 6], 2));
  expect(() => compareSides(samples, other, wanted, 'd')).toThrow(/a has 1 features and c 2: they were made by different extractors/);
  expect(() => sideOf('a', rows([1]))).toThrow('at least 2 images, a has one');
});

test('samples that cannot fill a covariance are warned of', () => {
  expect(fewSamplesWarning(samples)).toBeUndefined();
  expect(fewSamplesWarning(sideOf('d', rows([0, 1, 0, 0, 1, 1], 3)))).toContain('d has only 2 images for 3 features');
  expect([0, 2, 2048].map(fewImagesWarning)).toEqual([undefined, expect.stringContaining('only 2 images'), undefined]);
});

test('the kinds of features are those that the scores need', () => {
  expect(kindsFor({ seed: 0 })).toEqual({ samples: ['features'], reference: ['features'] });
  expect(kindsFor({ seed: 0, is: true, sfid: true })).toEqual({
    samples: ['features', 'spatial', 'logits'],
    reference: ['features', 'spatial'],
  });
});
