import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Score } from '@tract/scores';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { readModel } from '../models/model-folder.js';
import { shippedFolder } from '../shipped-models.js';
import { scratchFolder } from '../testing/tract.js';
import { recordScore, referenceName, requireRecordable, scoresOf } from './kept-scores.js';

const scratch = scratchFolder();
const path = join(scratch.path, 'model');
const config = join(path, 'config.json');
beforeEach(() => {
  rmSync(path, { recursive: true, force: true });
  cpSync(join(shippedFolder, 'mnist-student'), path, { recursive: true });
});
afterAll(scratch.remove);

const score: Score = {
  values: { frechet_distance: 3.5 },
  ...{ steps: 4, seed: 1, samples: 50, reference: 'mnist:test', extractor: 'digit-classifier-1', sampler: 'ddim' },
};
const said = (): Record<string, unknown> => JSON.parse(readFileSync(config, 'utf8'));

test('a score joins those that are there, and the same measurement takes its own place, whatever else it measured', () => {
  writeFileSync(
    config,
    JSON.stringify({ ...said(), scores: { extractor: 'e', reference: 'r', count: 10, seed: 0, frechetDistance: { 1: 13.94, 64: 2 } } }),
  );
  expect(recordScore(readModel(path), score)).toBe(config);
  const { sampler: _, ...unlike } = score;
  recordScore(readModel(path), unlike as Score);
  recordScore(readModel(path), { ...score, values: { frechet_distance: 3.25, kernel_inception_distance_mean: 0.5 } });
  const old = { seed: 0, samples: 10, reference: 'r', extractor: 'e' };
  expect(scoresOf(readModel(path))).toEqual([
    { values: { frechet_distance: 13.94 }, steps: 1, ...old },
    unlike,
    { ...score, values: { frechet_distance: 3.25, kernel_inception_distance_mean: 0.5 } },
    { values: { frechet_distance: 2 }, steps: 64, ...old },
  ]);
});

test('a model that was written anew while it was measured keeps nothing', () => {
  const measured = readModel(path);
  writeFileSync(config, JSON.stringify({ ...said(), recipe: { images: 1 } }));
  const before = readFileSync(config, 'utf8');
  expect(() => recordScore(measured, score)).toThrow('was written anew while the model was measured');
  expect(readFileSync(config, 'utf8')).toBe(before);
});

test('weights without a config.json have no place for a score', () => {
  rmSync(config);
  expect(() => requireRecordable(readModel(join(path, 'model.safetensors')))).toThrow('has no config.json to keep a score in');
});

test('a reference is told without its place', () => {
  expect(
    ['mnist:test', 'cifar10:train=/home/me/cifar.tar.gz', '/home/me/cifar10.npz', 'zip=/home/me/a.zip', 'parquet=/home/me/*.parquet'].map(
      referenceName,
    ),
  ).toEqual(['mnist:test', 'cifar10:train=PATH', 'cifar10.npz', 'zip=PATH', 'parquet=PATH']);
});
