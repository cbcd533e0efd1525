import { expect, test } from 'vitest';
import { edmSigmas } from './edm-schedule.js';
import { cosineProcess, knownSteps, type NoiseProcess, noiseProcesses, samplingLevels, studentProcess } from './noise-process.js';

const edm: NoiseProcess = { kind: 'edm', sigmaMax: 20 };

test("a student on EDM's levels knows those of its grid alone, every n-th of them in fewer steps; one on the cosine schedule knows all", () => {
  const student = studentProcess(edm, 8);
  expect(student).toEqual({ ...edm, timesteps: 8 });
  expect([knownSteps(edm), knownSteps(student), knownSteps(studentProcess(cosineProcess, 8))]).toEqual([undefined, 8, undefined]);
  const sigmas = edmSigmas(8, { sigmaMax: 20 });
  expect(samplingLevels(student, 4).map(({ sigma }) => sigma)).toEqual([0, 2, 4, 6, 8].map((i) => sigmas[i]));
  expect(() => samplingLevels(student, 3)).toThrow('expected a number of steps that divides it, got 3');
  expect(studentProcess(cosineProcess, 8)).toBe(cosineProcess);
});

test("levels of training images are log-normal on EDM's, mean -1.2 and standard deviation 1.2, and times of the grid on the cosine schedule", () => {
  const { trainingLevel } = noiseProcesses.edm;
  // The median, and one standard deviation above it.
  expect(trainingLevel!(0.5).sigma).toBeCloseTo(Math.exp(-1.2), 9);
  expect(trainingLevel!(0.8413447460685429).sigma).toBeCloseTo(1, 7);
  expect(noiseProcesses.cosine.trainingLevel).toBeUndefined();
});
