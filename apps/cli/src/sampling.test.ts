import { edmSigmas, vpGrid } from '@tract/schedules';
import { expect, test } from 'vitest';
import type { DiffusionModel } from './diffusion-model.js';
import { readModel } from './model-folder.js';
import { trainPresets } from './presets.js';
import { samplingOf } from './sampling.js';

const cosine: DiffusionModel = trainPresets['mnist-teacher'];
const teacher: DiffusionModel = trainPresets['mnist-edm-teacher'];
const student: DiffusionModel = { ...teacher, process: { kind: 'edm', timesteps: 40 } };
const sigmas = (model: DiffusionModel, ...rest: [number, object?]) => samplingOf(model, ...rest).levels.map(({ sigma }) => sigma);

test('a model on the cosine schedule is drawn by DDIM on it, as the shipped ones are', () => {
  for (const model of [cosine, readModel('mnist-student')]) {
    expect(samplingOf(model, 4)).toMatchObject({ sampler: 'ddim', nfe: 4, clip: true, levels: vpGrid(4) });
  }
});

test("a teacher on EDM's levels knows any grid of them", () => {
  expect(samplingOf(teacher, 18)).toMatchObject({ sampler: 'heun', nfe: 35, clip: false });
  expect(sigmas(teacher, 18)).toEqual(edmSigmas(18));
  const range = { sigmaMin: 0.01, sigmaMax: 50, rho: 5 };
  expect(sigmas(teacher, 5, range)).toEqual(edmSigmas(5, range));
});

test('a student knows every so many of the levels that it was distilled on', () => {
  const grid = edmSigmas(40);
  expect(samplingOf(student, 1)).toMatchObject({ sampler: 'ddim', nfe: 1, clip: true });
  expect(sigmas(student, 1)).toEqual([grid[0], 0]);
  expect(sigmas(student, 4)).toEqual([grid[0], grid[10], grid[20], grid[30], 0]);
  expect(() => samplingOf(student, 7)).toThrow('divides it, got 7');
  expect(() => samplingOf(student, 1, { rho: 5 })).toThrow('--rho are for teachers');
});
