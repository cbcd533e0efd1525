import '@tensorflow/tfjs-backend-cpu';
import { ddimWeights, type NoiseLevel } from '@tract/schedules';
import { noise, read, type Tensor, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import {
  btd,
  cosineNoiseGrid,
  type DistillOptions,
  distillSetup,
  distillTarget,
  initDistillation,
  jumpOf,
  phasesOf,
  predictX0,
} from './index.js';
import { gaussianImages } from './testing/images.js';
import { exactGains, type GainTable, gainNetwork } from './testing/toy-network.js';

const sd = 0.25;
const shape = [2, 2, 1];
const grid = cosineNoiseGrid(16);

beforeAll(() => useBackend('cpu'));

const setupOf = (options: Partial<DistillOptions<GainTable>> = {}) =>
  distillSetup({ network: gainNetwork(grid), prediction: 'x0', phaseSteps: [16, 4, 1], totalSteps: 10, ...options });
const batchOf = () => ({ x0: gaussianImages(sd, 5, shape, { step: 0 }) });

test('the target lands, by one step, where teacher and self-teacher landed by two', async () => {
  const setup = setupOf();
  const teacher = exactGains(grid, sd);
  const state = initDistillation(setup, teacher);
  const goal = distillTarget(setup, state, batchOf());
  const step = (from: NoiseLevel, to: NoiseLevel, x: number, x0: number) => {
    const { keepXt, addX0 } = ddimWeights(from, to);
    return from === to ? x : keepXt * x + addX0 * x0;
  };
  const clipped = async (params: GainTable, xt: Tensor, levels: readonly NoiseLevel[]) =>
    (await read(predictX0(setup.model, params, xt, levels))).map((x) => Math.min(Math.max(x, -1), 1));
  const first = await clipped(state.teacher, goal.xa, goal.levels);
  const levelsB = goal.jumps.map(({ b }) => b);
  const second = await clipped(state.selfTeacher!, goal.xb!, levelsB);
  const [xa, xb, target] = await Promise.all([goal.xa, goal.xb!, goal.x0].map(read));
  goal.jumps.forEach(({ a: levelA, b: levelB, c: levelC }, sample) => {
    for (let i = sample * 4; i < sample * 4 + 4; i++) {
      const atB = step(levelA, levelB, xa[i], first[i]);
      expect(xb[i]).toBeCloseTo(atB, 5);
      expect(step(levelA, levelC, xa[i], target[i])).toBeCloseTo(step(levelB, levelC, atB, second[i]), 5); // float32
    }
  });
});

test('the target of TRACT with two steps a group and the teacher for self-teacher is that of binary distillation', async () => {
  const teacher = exactGains(grid, sd);
  const jumps = [2, 3, 5, 8].map((interval) => jumpOf(grid, phasesOf([16, 8])[0], { interval, offset: 0 }));
  const batch = { x0: gaussianImages(sd, 4, shape), noise: noise({ seed: 4, samples: [0, 1, 2, 3], shape }), jumps };
  const [ours, binary] = await Promise.all(
    [setupOf({ phaseSteps: [16, 8] }), setupOf({ phaseSteps: [16, 8], rule: btd })].map(async (setup) =>
      read(distillTarget(setup, initDistillation(setup, teacher), batch).x0),
    ),
  );
  expect(ours).toEqual(binary);
});

test('the target clips the predictions of TRACT, not those of binary distillation', async () => {
  const teacher = exactGains(grid, 100); // so sure of a wide spread that it predicts xt / alpha
  const batch = {
    x0: gaussianImages(2, 4, shape),
    jumps: [3, 4, 5, 6].map((interval) => jumpOf(grid, phasesOf([16, 8])[0], { interval, offset: 0 })),
  };
  const furthest = async (rule?: typeof btd) => {
    const setup = setupOf({ phaseSteps: [16, 8], rule });
    return Math.max(...(await read(distillTarget(setup, initDistillation(setup, teacher), batch).x0)).map(Math.abs));
  };
  expect(await furthest()).toBeLessThanOrEqual(1);
  expect(await furthest(btd)).toBeGreaterThan(1.5);
});

test('the target is a function of seed, step and image', async () => {
  const setup = setupOf({ seed: 1 });
  const state = initDistillation(setup, exactGains(grid, sd));
  const batch = batchOf();
  const target = async (s: typeof setup, at: typeof state) => read(distillTarget(s, at, batch).x0);
  expect(await target(setup, state)).toEqual(await target(setup, state));
  expect(await target(setup, { ...state, step: 1 })).not.toEqual(await target(setup, state));
  expect(await target(setupOf({ seed: 2 }), state)).not.toEqual(await target(setup, state));
});
