import '@tensorflow/tfjs-backend-cpu';
import { cosineLevel } from '@tract/schedules';
import { edmPreconditioning, edmWeight, lognormalLevel, snrPlusOneWeight, truncatedSNRWeight } from '@tract/schedules/training';
import {
  dispose,
  linear,
  memory,
  mul,
  noise,
  read,
  readScalar,
  reshape,
  scale,
  scope,
  squaredError,
  tensor,
  useBackend,
  zeros,
} from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  addNoise,
  drawTimes,
  initTeacher,
  type Network,
  outputChannels,
  ownOutputWeight,
  type Prediction,
  predictX0,
  type TeacherState,
  teacherSetup,
  teacherStep,
} from './index.js';
import { gaussianImages } from './testing/images.js';

beforeAll(() => useBackend('cpu'));

type Affine = { readonly weight: ReturnType<typeof zeros>; readonly bias: ReturnType<typeof zeros> };

/** Pixel by pixel: output channels are an affine function of input channels, scaled by 1 + logSNR/20 so that levels differ. */
const affine: Network<Affine> = ({ weight, bias }, xt, { noise: logSNR }) => {
  const tilt = tensor(
    logSNR.map((value) => 1 + value / 20),
    [logSNR.length, 1, 1, 1],
  );
  return mul(linear(xt, weight, bias), tilt);
};
const startOf = (prediction: Prediction): Affine => {
  const channels = outputChannels(prediction, 1);
  return {
    weight: tensor(
      Array.from({ length: channels }, (_, i) => 0.3 - 0.5 * i),
      [1, channels],
    ),
    bias: zeros([channels]),
  };
};
const times = [0.2, 0.5, 0.8];

describe.each(['x0', 'eps', 'v', 'x0+eps'] as Prediction[])('a teacher that predicts %s', (prediction) => {
  test.each([
    ['max(SNR, 1)', truncatedSNRWeight],
    ['SNR + 1', snrPlusOneWeight],
  ])('minimises the error of x0 weighted by %s', async (_, lossWeight) => {
    const setup = teacherSetup({ network: affine, prediction, totalSteps: 10, lossWeight });
    const params = startOf(prediction);
    const x0 = gaussianImages(0.5, 3, [2, 2, 1]);
    const eps = noise({ seed: 1, samples: [0, 1, 2], shape: [2, 2, 1] });
    const levels = times.map((t) => cosineLevel(t));
    const expected = scope(() => {
      const predicted = predictX0(setup.model, params, addNoise(x0, eps, levels), levels);
      return squaredError(
        predicted,
        x0,
        levels.map((level) => lossWeight(level) / 3),
      );
    });
    const { loss } = teacherStep(setup, initTeacher(params), { x0, noise: eps, times });
    expect((await readScalar(loss)) / (await readScalar(expected))).toBeCloseTo(1, 4); // float32
  });

  test('leaves as many live tensors as it found', () => {
    const setup = teacherSetup({ network: affine, prediction, totalSteps: 10 });
    const x0 = gaussianImages(0.5, 3, [2, 2, 1]);
    let state = initTeacher(startOf(prediction));
    const before = memory();
    for (let i = 0; i < 5; i++) {
      const result = teacherStep(setup, state, { x0 });
      state = result.state;
      dispose([result.loss, result.gradNorm]);
    }
    expect(memory()).toEqual(before);
    expect(state.updates).toBe(5);
    expect(() => teacherStep(setup, { ...state, updates: 10 }, { x0 })).toThrow(/10 steps are done/);
    dispose([x0, state]);
  });
});

test('training finds the exact denoiser of Gaussian data at a level', async () => {
  const [sd, t] = [0.5, 0.4];
  const gain: Network<{ readonly gain: ReturnType<typeof zeros> }> = (params, xt) => mul(xt, reshape(params.gain, [1, 1, 1, 1]));
  const setup = teacherSetup({
    network: gain,
    prediction: 'x0',
    totalSteps: 200,
    learningRate: 0.02,
    lrSchedule: (progress) => 1 - progress,
    ema: { momentum: 0.98 },
  });
  let state: TeacherState<{ readonly gain: ReturnType<typeof zeros> }> = initTeacher({ gain: zeros([1]) });
  for (let step = 0; step < setup.totalSteps; step++) {
    const x0 = gaussianImages(sd, 16, [8, 8, 1], { step });
    const result = teacherStep(setup, state, { x0, times: Array(16).fill(t) });
    state = result.state;
    dispose([x0, result.loss, result.gradNorm]);
  }
  const { alpha, sigma } = cosineLevel(t);
  const exact = (alpha * sd ** 2) / ((alpha * sd) ** 2 + sigma ** 2);
  expect((await read(state.ema.gain))[0]).toBeCloseTo(exact, 1.7); // within 0.01: some 50 batches of 1,024 numbers have 0.5% of noise
});

describe('ownOutputWeight', () => {
  test('makes the loss the plain squared error of the output', async () => {
    const setup = teacherSetup({
      network: (_params: Affine, xt) => scale(xt, 0),
      prediction: 'v',
      totalSteps: 2,
      lossWeight: ownOutputWeight('v'),
    });
    const x0 = zeros([2, 2, 2, 1]);
    const ones = scale(x0, 0, 1);
    const { alpha } = cosineLevel(0.3);
    // With x0 = 0 and eps = 1, v = alpha in each of 4 pixels. The parameters do not enter, which valueAndGrad would refuse.
    expect(() => teacherStep(setup, initTeacher(startOf('v')), { x0, noise: ones, times: [0.3, 0.3] })).toThrow(/does not depend/);
    const silent = teacherSetup({
      network: ({ bias }: Affine, xt) => mul(xt, reshape(bias, [1, 1, 1, 1])),
      prediction: 'v',
      totalSteps: 2,
      lossWeight: ownOutputWeight('v'),
    });
    const { loss } = teacherStep(silent, initTeacher(startOf('v')), { x0, noise: ones, times: [0.3, 0.3] });
    expect(await readScalar(loss)).toBeCloseTo(4 * alpha ** 2, 5);
  });

  test('has none for two heads', () => {
    expect(() => ownOutputWeight('x0+eps')).toThrow(/choose truncatedSNRWeight/);
  });
});

describe('drawTimes', () => {
  test('stratified has one time in each part of the scale', () => {
    const drawn = drawTimes('stratified', { seed: 1, step: 2 }, 8);
    expect(drawn.map((t) => Math.floor(t * 8))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('discrete times are the ends of equal steps, each as often', () => {
    const drawn = drawTimes('stratified', { seed: 1, step: 2 }, 8, 4);
    expect(drawn).toEqual([0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]);
  });

  test('both are functions of seed and step, and fill (0, 1)', () => {
    for (const draw of ['stratified', 'independent'] as const) {
      const drawn = drawTimes(draw, { seed: 1, step: 2 }, 500);
      expect(drawn).toEqual(drawTimes(draw, { seed: 1, step: 2 }, 500));
      expect(drawn).not.toEqual(drawTimes(draw, { seed: 1, step: 3 }, 500));
      expect(Math.abs(drawn.reduce((sum, t) => sum + t, 0) / 500 - 0.5)).toBeLessThan(0.06); // four standard errors, independent
      expect(Math.min(...drawn)).toBeGreaterThan(0);
      expect(Math.max(...drawn)).toBeLessThan(1);
    }
  });
});

test.each([
  [{ totalSteps: 0 }, /totalSteps must be a whole number ≥ 1, got 0/],
  [{ prediction: 'x1' as 'x0' }, /prediction must be one of/],
  [{ timesteps: 0.5 }, /timesteps must be a whole number ≥ 1, got 0.5/],
  [{ ema: { halfLife: 10, rampUp: 0 } }, /rampUp must be > 0/],
  [{ learningRate: Number.NaN }, /learningRate must be ≥ 0/],
])('teacherSetup refuses %j', (options, message) => {
  expect(() => teacherSetup({ network: affine, prediction: 'x0', totalSteps: 10, ...options })).toThrow(message);
});

test('an average whose half-life ramps up moves as far as it says', () => {
  const setup = teacherSetup({ network: affine, prediction: 'x0', totalSteps: 100, ema: { halfLife: 10, rampUp: 0.05 } });
  expect([1, 21, 201, 1000].map(setup.ema.rate)).toEqual([1, 0.5, 1 - 2 ** -0.1, 1 - 2 ** -0.1].map((rate) => expect.closeTo(rate, 12)));
});

test('a network is told how its images were augmented', async () => {
  const told: unknown[] = [];
  const network: Network<Affine> = (params, xt, conditioning) => {
    told.push(conditioning.augment);
    return affine(params, xt, conditioning);
  };
  const x0 = gaussianImages(0.5, 2, [2, 2, 1]);
  const augment = [[1], [0]];
  for (const prediction of ['v', 'x0+eps'] as const) {
    const setup = teacherSetup({ network, prediction, totalSteps: 10 });
    teacherStep(setup, initTeacher(startOf(prediction)), { x0, augment });
    expect(() => teacherStep(setup, initTeacher(startOf(prediction)), { x0, augment: [[1]] })).toThrow(/augment needs one entry/);
  }
  expect(told).toEqual([augment, augment]);
});

describe("EDM's training", () => {
  const sd = 0.4;
  // F is a number times what it sees. Inside the preconditioning for data of this spread the exact one is 0.
  const setup = teacherSetup<{ gain: ReturnType<typeof zeros> }>({
    ...{ network: ({ gain }, xt) => mul(xt, gain), prediction: 'x0', preconditioning: edmPreconditioning(sd) },
    ...{ levelAt: lognormalLevel, lossWeight: edmWeight(sd), totalSteps: 400, learningRate: 0.02, ema: { halfLife: 20 } },
  });
  const start = () => initTeacher({ gain: tensor([0.3], [1]) });

  test('weighs the error of x0 at lognormal noise scales as the plain error of F', async () => {
    const images = { x0: gaussianImages(sd, 3, [2, 2, 1]), noise: noise({ seed: 4, samples: [0, 1, 2], shape: [2, 2, 1] }) };
    const [x0, eps] = await Promise.all([images.x0, images.noise].map(read));
    const { loss } = teacherStep(setup, start(), { ...images, times });
    let expected = 0;
    x0.forEach((clean, i) => {
      const { sigma } = lognormalLevel(times[Math.floor(i / 4)]);
      const { cSkip, cOut, cIn } = edmPreconditioning(sd)(sigma);
      const x = clean + sigma * eps[i];
      expected += (0.3 * cIn * x - (clean - cSkip * x) / cOut) ** 2 / 3;
    });
    expect((await readScalar(loss)) / expected).toBeCloseTo(1, 5);
  });

  test('finds the exact denoiser', async () => {
    let state = start();
    for (let step = 0; step < 400; step++) {
      const x0 = gaussianImages(sd, 64, [2, 2, 1], { step });
      const { state: next, loss, gradNorm } = teacherStep(setup, state, { x0 });
      dispose([x0, loss, gradNorm]);
      state = next;
    }
    expect(Math.abs((await read(state.ema.gain))[0])).toBeLessThan(0.02); // the noise of 20 batches of 256 pixels
  });
});
