import { edmSigmas, vpGrid } from '@tract/schedules';
import { edmConfigs, paperConfigs } from '@tract/unet';
import { expect, test } from 'vitest';
import { type DiffusionModel, SamplingError, samplingOf } from './index.js';

const cosine: DiffusionModel = { network: paperConfigs.cifar10, prediction: 'x0' };
const teacher: DiffusionModel = {
  network: edmConfigs.cifar10Ncsnpp,
  prediction: 'x0',
  preconditioning: { kind: 'edm' },
  process: { kind: 'edm' },
};
const student: DiffusionModel = { ...teacher, process: { kind: 'edm', timesteps: 40 } };
const sigmas = (model: DiffusionModel, ...rest: [number, object?]) => samplingOf(model, ...rest).levels.map(({ sigma }) => sigma);

test('a model on the cosine schedule is drawn by DDIM on it', () => {
  expect(samplingOf(cosine, 4)).toMatchObject({ sampler: 'ddim', nfe: 4, clip: true, levels: vpGrid(4) });
});

test("a teacher on EDM's levels takes any grid of them", () => {
  expect(samplingOf(teacher, 18)).toMatchObject({ sampler: 'heun', nfe: 35, clip: false });
  expect(sigmas(teacher, 18)).toEqual(edmSigmas(18));
  const range = { sigmaMin: 0.01, sigmaMax: 50, rho: 5 };
  expect(sigmas(teacher, 5, range)).toEqual(edmSigmas(5, range));
});

test('calls are counted for the levels at hand: a cosine grid ends with a trace of noise, where a second call is made', () => {
  expect(samplingOf(cosine, 4, { sampler: 'flow-heun' }).nfe).toBe(8);
  expect(samplingOf(teacher, 4, { sampler: 'flow-heun' }).nfe).toBe(7);
  expect(samplingOf(cosine, 4, { sampler: 'plms' }).nfe).toBe(5);
});

test('a student takes every n-th of the levels that it was distilled on', () => {
  const grid = edmSigmas(40);
  expect(samplingOf(student, 1)).toMatchObject({ sampler: 'ddim', nfe: 1, clip: true });
  expect(sigmas(student, 1)).toEqual([grid[0], 0]);
  expect(sigmas(student, 4)).toEqual([grid[0], grid[10], grid[20], grid[30], 0]);
});

test.each<[string, DiffusionModel, number, object, RegExp]>([
  ['steps', student, 7, {}, /steps 7 .*divides it, got 7/],
  ['rho', student, 1, { rho: 5 }, /rho is for teachers on EDM's levels/],
  ['sigmaMax', cosine, 1, { sigmaMax: 5 }, /sigmaMax is for teachers/],
  ['sampler', cosine, 1, { sampler: 'heun' }, /sampler heun needs a model on EDM's levels, this one is on the cosine schedule/],
  ['sampler', student, 1, { sampler: 'dpm2' }, /dpm2 asks between the levels, which this student does not know/],
  ['sampler', cosine, 1, { sampler: 'toString' }, /sampler must be one of ddim, .*, got "toString"/],
  ['churn', cosine, 1, { churn: 1 }, /churn goes with sampler heun, not ddim/],
  ['eta', teacher, 1, { eta: 0.5 }, /eta goes with sampler ddim or dpm-solver or dpm-solver-3m, not heun/],
])('%s that does not go with the model is refused by name', (option, model, steps, options, message) => {
  const draw = () => samplingOf(model, steps, options);
  expect(draw).toThrow(SamplingError);
  expect(draw).toThrow(message);
  expect(draw).toThrow(expect.objectContaining({ option }));
});
