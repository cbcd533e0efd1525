import { expect, test } from 'vitest';
import { addScore, parseScores, type Score } from './model-scores.js';

const score: Score = {
  values: { frechet_distance: 3.5 },
  ...{ steps: 4, seed: 1, samples: 50, reference: 'mnist:test', extractor: 'digit-classifier-1', sampler: 'ddim' },
};

test('the older form, distances by steps, is read as measurements', () => {
  const facts = { seed: 0, reference: 'r', extractor: 'e' };
  expect(parseScores({ ...facts, count: 10, frechetDistance: { 64: 2, 1: 13.94 } }, 'm')).toEqual([
    { values: { frechet_distance: 13.94 }, steps: 1, samples: 10, ...facts },
    { values: { frechet_distance: 2 }, steps: 64, samples: 10, ...facts },
  ]);
  expect(parseScores(undefined, 'm')).toEqual([]);
});

test('a measurement of the same circumstances takes the place of the one before and keeps its other values', () => {
  const { sampler: _, ...unlike } = score;
  const { steps, ...rest } = score;
  const again = { ...rest, steps, values: { frechet_distance: 3.25, kernel_inception_distance_mean: 0.5 } };
  const both = addScore(addScore([], { ...score, values: { frechet_distance: 9, precision: 1 } }), unlike as Score);
  expect(addScore(both, again)).toEqual([
    unlike,
    { ...score, values: { frechet_distance: 3.25, kernel_inception_distance_mean: 0.5, precision: 1 } },
  ]);
});

test.each<unknown>([3, {}, [1], [{ steps: 1 }], [{ ...score, values: { frechet_distance: 'low' } }]])('%j are no scores', (scores) => {
  expect(() => parseScores(scores as never, 'runs/a/model')).toThrow("runs/a/model: expected 'scores'");
});
