import '@tensorflow/tfjs-backend-cpu';
import { cosineRate } from '@tract/optim';
import type { NoiseLevel } from '@tract/schedules';
import { edmPreconditioning } from '@tract/schedules/training';
import { dispose, read, useBackend, zeros } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import {
  btd,
  consistencyDistillation,
  consistencyTraining,
  cosineNoiseGrid,
  type DistillOptions,
  distillSetup,
  distillStep,
  edmNoiseGrid,
  halvings,
  initDistillation,
  multistepConsistency,
  sampleImages,
  tractEdm,
} from './index.js';
import { gaussianImages } from './testing/images.js';
import { exactGains, type GainTable, gainNetwork } from './testing/toy-network.js';

beforeAll(() => useBackend('cpu'));

const sd = 0.25;
const shape = [1, 1, 1];

/** Distil the exact denoiser of Gaussian data; return samples of the teacher in all of its steps and in the student's, and of the student. */
async function distil(options: Omit<DistillOptions<GainTable>, 'network' | 'prediction'>) {
  const { phaseSteps, noiseGrid = cosineNoiseGrid, preconditioning } = options;
  const grid = noiseGrid(phaseSteps[0]);
  const noiseOf = preconditioning && (({ sigma }: NoiseLevel) => (sigma > 0 ? preconditioning(sigma).cNoise : Number.NEGATIVE_INFINITY));
  // EDM's preconditioning for data of this spread is the exact denoiser already: the network inside puts out nothing.
  const teacher = preconditioning ? { gain: zeros([grid.timesteps + 1, 1]) } : exactGains(grid, sd);
  const network = gainNetwork(grid, noiseOf);
  const setup = distillSetup({ network, prediction: 'x0', learningRate: 0.05, lrSchedule: cosineRate(), ...options });
  let state = initDistillation(setup, teacher);
  for (let step = 0; step < setup.totalSteps; step++) {
    const x0 = gaussianImages(sd, 64, shape, { step });
    const result = distillStep(setup, state, { x0 });
    state = result.state;
    dispose([x0, result.loss, result.gradNorm]);
  }
  const least = phaseSteps.at(-1)!;
  const sample = async (params: GainTable, steps: number) => {
    const levels = grid.levels.filter((_, index) => index % (grid.timesteps / steps) === 0).reverse();
    return read(await sampleImages({ model: setup.model, params, steps: levels, seed: 1, indices: [0, 1, 2, 3], shape }));
  };
  return { many: await sample(teacher, phaseSteps[0]), few: await sample(teacher, least), student: await sample(state.studentEma, least) };
}

const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b);

test('TRACT 64 → 8 → 1 brings one step of the student to 64 steps of the teacher', async () => {
  const { many, few, student } = await distil({ phaseSteps: [64, 8, 1], totalSteps: 640 });
  expect(distance(few, many)).toBeGreaterThan(0.99); // from pure noise the teacher alone predicts the mean, 0
  expect(distance(student, many)).toBeLessThan(0.02); // 320 updates a phase: Adam has not quite settled
});

test('binary distillation 16 → 8 → 4 → 2 → 1 does so too', async () => {
  const { many, student } = await distil({ rule: btd, phaseSteps: halvings(16), totalSteps: 300 });
  expect(distance(student, many)).toBeLessThan(0.02);
});

const { levels } = edmNoiseGrid(8);
const sigmas = levels.map(({ sigma }) => sigma);

/** Factor by which eight steps of Heun shrink x: 1 + (s' − s)·(d + d') / 2 a step, d = s / (sd² + s²) the exact slope; the last is Euler's. */
const heunShrinks = sigmas.slice(1).reduce((product, s, i) => {
  const [next, slope] = [sigmas[i], s / (sd ** 2 + s ** 2)];
  const euler = 1 + (next - s) * slope;
  return product * (next > 0 ? 1 + ((next - s) * (slope + (euler * next) / (sd ** 2 + next ** 2))) / 2 : euler);
}, 1);
/** Limit of training without a teacher: f(a) fits f(b) at images with the same noise, whose covariance is sd² + sa·sb. */
const dataShrinks = sigmas.slice(1).reduce((product, s, i) => (product * (sd ** 2 + s * sigmas[i])) / (sd ** 2 + s ** 2), 1);

// Eight steps spread the images by half again, to where clipping would touch some. Without a teacher the target is noisy.
test.each([
  ['TRACT with a teacher that takes steps of Heun', { ...tractEdm({ sigmaData: sd }), clip: 'none' as const }, heunShrinks, 0.001],
  ['consistency distillation', consistencyDistillation(), heunShrinks, 0.001],
  ['consistency training', consistencyTraining, dataShrinks, 0.02],
])("%s 8 → 1 ends where its steps end on EDM's levels", async (_, rule, shrinks, tolerance) => {
  const setting = { noiseGrid: edmNoiseGrid, preconditioning: edmPreconditioning(sd), phaseSteps: [8, 1], totalSteps: 1000 };
  const { few, student } = await distil({ rule, ...setting });
  const perStep = (sd / Math.hypot(sd, 80)) ** 2; // what the exact prediction from sigma 80 is of its input
  const expected = few.map((x) => (x / perStep) * shrinks);
  expect(distance(few, expected)).toBeGreaterThan(0.9);
  expect(distance(student, expected)).toBeLessThan(tolerance);
});

test('multistep consistency 32 → 4, its teacher growing from 8 steps to 32, brings four steps to 32', async () => {
  const rule = multistepConsistency({ from: 8 });
  const { many, few, student } = await distil({ rule, phaseSteps: [32, 4], totalSteps: 640, selfTeacherMomentum: 0 });
  expect(distance(few, many)).toBeGreaterThan(0.1);
  expect(distance(student, many)).toBeLessThan(0.02);
});
