import '@tensorflow/tfjs-backend-cpu';
import { cosineRate } from '@tract/optim';
import { dispose, read, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import { btd, type DistillOptions, distillSetup, distillStep, halvings, initDistillation, sampleImages } from './index.js';
import { gaussianImages } from './testing/images.js';
import { exactGains, type GainTable, gainNetwork } from './testing/toy-network.js';

beforeAll(() => useBackend('cpu'));

const sd = 0.25;
const shape = [1, 1, 1];

/** Distils the exact denoiser of Gaussian data; gives samples of the teacher at all steps and at one, and of the student at one. */
async function distil(options: Pick<DistillOptions<GainTable>, 'rule' | 'phaseSteps' | 'updates'>) {
  const timesteps = options.phaseSteps[0];
  const teacher = exactGains(timesteps, sd);
  const setup = distillSetup({ network: gainNetwork(timesteps), prediction: 'x0', learningRate: 0.05, schedule: cosineRate(), ...options });
  let state = initDistillation(setup, teacher);
  for (let step = 0; step < setup.updates; step++) {
    const x0 = gaussianImages(sd, 64, shape, { step });
    const result = distillStep(setup, state, { x0 });
    state = result.state;
    dispose([x0, result.loss, result.gradNorm]);
  }
  const sample = async (params: GainTable, steps: number) =>
    read(await sampleImages({ model: setup.model, params, steps, seed: 1, indices: [0, 1, 2, 3], shape }));
  return { many: await sample(teacher, timesteps), one: await sample(teacher, 1), student: await sample(state.studentEma, 1) };
}

const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b);

test('TRACT 64 → 8 → 1 brings one step of the student to 64 steps of the teacher', async () => {
  const { many, one, student } = await distil({ phaseSteps: [64, 8, 1], updates: 640 });
  expect(distance(one, many)).toBeGreaterThan(0.99); // from pure noise the teacher alone predicts the mean, 0
  expect(distance(student, many)).toBeLessThan(0.02); // 320 updates a phase: Adam has not quite settled
});

test('binary distillation 16 → 8 → 4 → 2 → 1 does so too', async () => {
  const { many, student } = await distil({ rule: btd, phaseSteps: halvings(16), updates: 300 });
  expect(distance(student, many)).toBeLessThan(0.02);
});
