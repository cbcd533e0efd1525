import '@tensorflow/tfjs-backend-cpu';
import { truncatedSNRWeight } from '@tract/schedules/training';
import { clone, dispose, mapTree, memory, noise, read, readScalar, squaredError, useBackend } from '@tract/tensor';
import { checkGradient } from '@tract/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  advancePhase,
  btd,
  cosineNoiseGrid,
  type DistillOptions,
  type DistillState,
  distillGradients,
  distillSetup,
  distillStep,
  distillTarget,
  distillUpdate,
  initDistillation,
  jumpOf,
  predictX0,
} from './index.js';
import { gaussianImages } from './testing/images.js';
import { exactGains, type GainTable, gainNetwork } from './testing/toy-network.js';

const timesteps = 16;
const sd = 0.25;
const shape = [2, 2, 1];
const count = 5;
const grid = cosineNoiseGrid(timesteps);
const network = gainNetwork(grid);

beforeAll(() => useBackend('cpu'));

const setupOf = (options: Partial<DistillOptions<GainTable>> = {}) =>
  distillSetup({ network, prediction: 'x0', phaseSteps: [16, 4, 1], totalSteps: 10, ...options });
const batchOf = (step = 0) => ({ x0: gaussianImages(sd, count, shape, { step }) });
const valuesOf = async (table: GainTable | undefined) => [...(await read(table!.gain))];

/** Run some steps; return the state, and the last loss and gradient norm as numbers. */
async function run(setup: ReturnType<typeof setupOf>, state: DistillState<GainTable>, steps: number) {
  let [last, norm] = [Number.NaN, Number.NaN];
  for (let i = 0; i < steps; i++) {
    const batch = batchOf(i);
    const result = distillStep(setup, state, batch);
    state = result.state;
    [last, norm] = [await readScalar(result.loss), await readScalar(result.gradNorm)];
    dispose([batch, result.loss, result.gradNorm]);
  }
  return { state, loss: last, gradNorm: norm };
}

describe('a step', () => {
  test('with clipStudent compares what the student shows, and passes its gradient as if nothing were clipped', async () => {
    const setup = setupOf({ clipStudent: true });
    // The teacher predicts inside [-1, 1], the student far outside.
    const state = { ...initDistillation(setup, exactGains(grid, sd)), student: exactGains(grid, 100) };
    const starts = [10, 11, 12, 14, 15];
    const jumps = starts.map((a) => jumpOf(grid, setup.phases[0], { interval: Math.ceil(a / 4), offset: 4 * Math.ceil(a / 4) - a }));
    const batch = { x0: gaussianImages(2, count, shape), noise: noise({ seed: 4, samples: { first: 0, count }, shape }), jumps };
    const goal = distillTarget(setup, state, batch);
    const predicted = await read(predictX0(setup.model, state.student, goal.xa, goal.levels));
    const [xa, target] = await Promise.all([goal.xa, goal.x0].map(read));
    expect(predicted.filter((x) => Math.abs(x) > 1).length).toBeGreaterThan(0);
    const slopes = new Float64Array(timesteps + 1); // of the loss, by the gain of each level
    let expected = 0;
    predicted.forEach((x, i) => {
      const sample = Math.floor(i / 4);
      const error = Math.min(Math.max(x, -1), 1) - target[i];
      const weight = goal.weight[sample] / count;
      expected += weight * error ** 2;
      slopes[starts[sample]] += 2 * weight * error * xa[i];
    });
    const { loss, gradNorm } = distillStep(setup, state, batch);
    expect((await readScalar(loss)) / expected).toBeCloseTo(1, 5);
    expect((await readScalar(gradNorm)) / Math.hypot(...slopes)).toBeCloseTo(1, 5);
  });

  test('has a loss whose gradient is its slope', async () => {
    const setup = setupOf();
    const state = initDistillation(setup, exactGains(grid, sd));
    const { levels, xa, x0, weight } = distillTarget(setup, state, batchOf());
    const loss = (params: GainTable) => squaredError(predictX0(setup.model, params, xa, levels), x0, weight);
    await checkGradient(loss, state.student); // quadratic, so central differences are exact but for float32
  });

  test('weighs the loss by max(SNR, 1), summed over pixels, averaged over the batch', async () => {
    const setup = setupOf();
    const teacher = exactGains(grid, sd);
    const state = initDistillation(setup, teacher);
    const goal = distillTarget(setup, state, batchOf());
    const got = await read(predictX0(setup.model, state.student, goal.xa, goal.levels));
    const target = await read(goal.x0);
    let expected = 0;
    for (let i = 0; i < got.length; i++) {
      const { alpha, sigma } = goal.levels[Math.floor(i / 4)];
      expected += (Math.max((alpha / sigma) ** 2, 1) * (got[i] - target[i]) ** 2) / count;
    }
    const { loss } = await run(setup, state, 1);
    expect(loss / expected).toBeCloseTo(1, 4); // float32 differences of nearby numbers
    const doubled = setupOf({ lossWeight: (level) => 2 * truncatedSNRWeight(level) });
    expect((await run(doubled, initDistillation(doubled, teacher), 1)).loss / expected).toBeCloseTo(2, 4);
  });

  test('makes both averages copies of the student at first, then lags', async () => {
    const setup = setupOf({ learningRate: 0.01, ema: { momentum: 0.99 } });
    const once = await run(setup, initDistillation(setup, exactGains(grid, sd)), 1);
    expect(await valuesOf(once.state.selfTeacher)).toEqual(await valuesOf(once.state.student));
    expect(await valuesOf(once.state.studentEma)).toEqual(await valuesOf(once.state.student));
    const { state } = await run(setup, once.state, 2);
    const [student, fast, slow] = await Promise.all([state.student, state.selfTeacher, state.studentEma].map(valuesOf));
    const distance = (to: number[]) => Math.max(...student.map((x, i) => Math.abs(x - to[i])));
    expect(distance(fast)).toBeGreaterThan(0);
    expect(distance(slow)).toBeGreaterThan(distance(fast));
  });

  test('leaves as many live tensors and bytes as it found, also across a phase change', async () => {
    const setup = setupOf();
    const started = initDistillation(setup, exactGains(grid, sd));
    const { state } = await run(setup, started, 1);
    const before = memory();
    const done = await run(setup, state, 9);
    expect(done.state.phase).toBe(1);
    expect(memory()).toEqual(before);
    dispose(done.state);
  });

  test('keeps no self-teacher where the rule has no use for one', async () => {
    const setup = setupOf({ phaseSteps: [16, 8, 4], rule: btd });
    const { state } = await run(setup, initDistillation(setup, exactGains(grid, sd)), 9);
    expect(state.selfTeacher).toBeUndefined();
    expect(state).toMatchObject({ step: 9, phase: 1, optimizerSteps: 9 });
  });

  test('can be resumed from its state alone', async () => {
    const setup = setupOf();
    const { state } = await run(setup, initDistillation(setup, exactGains(grid, sd)), 3);
    const copy = (tree: GainTable) => mapTree(tree, clone);
    const { m, v } = state.moments;
    const saved: DistillState<GainTable> = {
      ...JSON.parse(JSON.stringify({ step: state.step, phase: state.phase, optimizerSteps: state.optimizerSteps })),
      student: copy(state.student),
      moments: { m: copy(m), v: copy(v) },
      studentEma: copy(state.studentEma),
      selfTeacher: copy(state.selfTeacher!),
      teacher: copy(state.teacher),
    };
    const [a, b] = [await run(setup, state, 1), await run(setup, saved, 1)];
    expect(a.loss).toBe(b.loss);
    expect(await valuesOf(a.state.student)).toEqual(await valuesOf(b.state.student));
  });

  test('ends with the run', async () => {
    const setup = setupOf({ totalSteps: 3 });
    const { state } = await run(setup, initDistillation(setup, exactGains(grid, sd)), 3);
    const batch = batchOf();
    expect(() => distillStep(setup, state, batch)).toThrow(/the run's 3 steps are done/);
  });

  test('refuses a batch whose parts do not fit', () => {
    const setup = setupOf();
    const state = initDistillation(setup, exactGains(grid, sd));
    const { x0 } = batchOf();
    expect(() => distillStep(setup, state, { x0, labels: [1] })).toThrow(/labels needs one entry for each of 5 images, got 1/);
    expect(() => distillStep(setup, state, { x0, jumps: [] })).toThrow(/jumps needs one entry/);
    expect(() => distillStep(setup, state, { x0, noise: gaussianImages(1, 2, shape) })).toThrow(/noise must have the shape of x0/);
  });
});

describe('a phase change', () => {
  const atSecondPhase = async (options: Partial<DistillOptions<GainTable>>) => {
    const setup = setupOf({ learningRate: 0.01, ...options });
    const { state } = await run(setup, initDistillation(setup, exactGains(grid, sd)), 6);
    expect(state).toMatchObject({ step: 6, phase: 0, optimizerSteps: 6 });
    const [student, ema, moments] = [await valuesOf(state.student), await valuesOf(state.studentEma), await valuesOf(state.moments.m)];
    return { setup, next: advancePhase(setup, state), student, ema, moments };
  };

  test('makes the sampling average the teacher; the rest goes on', async () => {
    const { next, student, ema, moments } = await atSecondPhase({});
    expect(next).toMatchObject({ step: 6, phase: 1, optimizerSteps: 6 });
    expect(await valuesOf(next.teacher)).toEqual(ema);
    expect(await valuesOf(next.studentEma)).toEqual(ema);
    expect(await valuesOf(next.student)).toEqual(student);
    expect(await valuesOf(next.moments.m)).toEqual(moments);
    expect(student).not.toEqual(ema);
  });

  test('or, as in the paper, restarts all of it from the new teacher', async () => {
    const { setup, next, ema } = await atSecondPhase({ reinitStudent: true });
    expect(next).toMatchObject({ step: 6, phase: 1, optimizerSteps: 0 });
    for (const tree of [next.teacher, next.student, next.selfTeacher, next.studentEma]) expect(await valuesOf(tree)).toEqual(ema);
    expect((await valuesOf(next.moments.m)).every((x) => x === 0)).toBe(true);
    const { state } = await run(setup, next, 1);
    expect(await valuesOf(state.teacher)).toEqual(ema); // the student's update did not reach its teacher
  });

  test('is not due twice, and never back', async () => {
    const { setup, next } = await atSecondPhase({});
    expect(advancePhase(setup, next)).toBe(next);
    expect(() => advancePhase(setup, { ...next, step: 0 })).toThrow(/step 0 belongs to phase 0, but the state is in phase 1/);
    expect(() => advancePhase(setup, { ...next, step: 11 })).toThrow(/the run has 10 steps/);
  });
});

describe('distillSetup', () => {
  test('has the published defaults', () => {
    const setup = setupOf({ totalSteps: 1000 });
    expect(setup).toMatchObject({ learningRate: 2e-4, clipNorm: 1, selfTeacherMomentum: 0.5, reinitStudent: false });
    expect(setup.rule.name).toBe('tract');
    expect(setup.emas[0].momentum ** 500).toBeCloseTo(1e-3, 12);
  });

  test.each([
    [{ totalSteps: 2 }, /totalSteps must be a whole number above the number of phases, 2, got 2/],
    [{ learningRate: -1 }, /learningRate must be ≥ 0/],
    [{ clipNorm: Number.NaN }, /clipNorm must be ≥ 0/],
    [{ selfTeacherMomentum: 2 }, /selfTeacherMomentum: momentum must be in \[0, 1\], got 2/],
    [{ ema: { residual: 0 } }, /residual must be in \(0, 1\)/],
    [{ ema: { momentum: -1 } }, /ema: momentum must be in/],
    [{ prediction: 'score' as 'x0' }, /prediction must be one of x0, eps, v, x0\+eps, got score/],
    [{ rule: btd }, /btd: each phase must halve/],
    [{ phaseSteps: [16, 5] }, /5 does not divide 16; try 4/],
  ])('refuses %j', (options, message) => {
    expect(() => setupOf(options)).toThrow(RangeError);
    expect(() => setupOf(options)).toThrow(message);
  });
});

test('a step is its gradients, then its update, with a phase change before them', async () => {
  const setup = setupOf({ phaseSteps: [16, 4, 1], accumulate: 5 });
  const started = () => run(setup, initDistillation(setup, exactGains(grid, sd)), 6).then(({ state }) => state);
  const batch = batchOf(6);
  const whole = distillStep(setup, await started(), batch);
  const late = await started();
  expect(() => distillGradients(setup, late, batch)).toThrow(/due for another phase; call advancePhase first/);
  const state = advancePhase(setup, late);
  const gradients = distillGradients(setup, state, batch);
  const inTwo = distillUpdate(setup, state, gradients);
  expect(await readScalar(inTwo.loss)).toBe(await readScalar(whole.loss));
  expect(await valuesOf(inTwo.state.student)).toEqual(await valuesOf(whole.state.student));
  expect(inTwo.state).toMatchObject({ step: 7, phase: 1 });
});
