import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import { zeroMoments } from '@tract/optim';
import type { NoiseLevel } from '@tract/schedules';
import { dispose, read, readScalar, tensor, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import {
  btd,
  consistencyDistillation,
  consistencyTraining,
  cosineNoiseGrid,
  type DistillState,
  distillSetup,
  distillStep,
  easyConsistencyTuning,
  edmNoiseGrid,
  improvedConsistencyTraining,
  jumpOf,
  methods,
  multistepConsistency,
  type NoiseGrid,
  type TargetRule,
  targetRules,
  tract,
  tractEdm,
} from './index.js';
import { type GainTable, gainNetwork } from './testing/toy-network.js';

beforeAll(() => useBackend('cpu'));

/** Rule as its source has it, in words of this test alone: all numbers below are worked out from it in float64. */
type Source = {
  readonly rule: TargetRule;
  readonly levels: 'VP' | 'EDM';
  readonly student: number;
  readonly step: 'euler' | 'heun' | 'noise';
  readonly second: 'teacher' | 'selfTeacher' | 'student';
  readonly clips: readonly ('first' | 'second')[];
  readonly weight: (a: NoiseLevel, b: NoiseLevel) => number;
  /** Momentum of the self-teacher; there is none without it. */
  readonly momentum?: number;
  /** Width of the pseudo-Huber loss of whole images. */
  readonly width?: number;
};

const snr = ({ alpha, sigma }: NoiseLevel) => (alpha / sigma) ** 2;
const perStep = (a: NoiseLevel, b: NoiseLevel) => 1 / (a.sigma - b.sigma);
const sources: readonly Source[] = [
  // Berthelot et al. 2023, Algorithm 1 and Section 3.2; clips and weights of the published code.
  {
    ...{ rule: tract, levels: 'VP', student: 2, step: 'euler', second: 'selfTeacher' },
    clips: ['first', 'second'],
    weight: (a) => Math.max(snr(a), 1),
    momentum: 0.5,
  },
  {
    ...{ rule: tractEdm(), levels: 'EDM', student: 2, step: 'heun', second: 'selfTeacher' },
    clips: ['second'],
    weight: ({ sigma }) => (sigma ** 2 + 0.25) / (0.25 * sigma ** 2),
    momentum: 0.5,
  },
  // Salimans & Ho 2022, Algorithm 2.
  { ...{ rule: btd, levels: 'VP', student: 4, step: 'euler', second: 'teacher' }, clips: [], weight: (a) => Math.max(snr(a), 1) },
  // Song et al. 2023, Algorithms 2 and 3.
  {
    ...{ rule: consistencyDistillation(), levels: 'EDM', student: 1, step: 'heun', second: 'selfTeacher' },
    clips: [],
    weight: () => 1,
    momentum: 0.95,
  },
  {
    ...{ rule: consistencyTraining, levels: 'EDM', student: 1, step: 'noise', second: 'selfTeacher' },
    clips: [],
    weight: () => 1,
    momentum: 0.9,
  },
  // Heek et al. 2024, Algorithm 1.
  {
    ...{ rule: multistepConsistency({ from: 8 }), levels: 'VP', student: 2, step: 'euler', second: 'selfTeacher' },
    clips: ['first', 'second'],
    weight: (a) => snr(a) + 1,
    momentum: 0,
  },
  // Song & Dhariwal 2023, Section 3; Geng et al. 2024, Section 3.
  {
    ...{ rule: improvedConsistencyTraining(), levels: 'EDM', student: 1, step: 'noise', second: 'student' },
    clips: [],
    weight: perStep,
    width: 0.03,
  },
  {
    ...{ rule: easyConsistencyTuning(), levels: 'EDM', student: 1, step: 'noise', second: 'student' },
    clips: [],
    weight: perStep,
    width: 1e-3,
  },
];

test('every method has its source here, or its step in golden/jump_rules.py', () => {
  const steps: readonly { rule: string; base: string }[] = JSON.parse(
    readFileSync(new URL('../golden/jump-rules.json', import.meta.url), 'utf8'),
  );
  const names = [...sources.map(({ rule }) => rule.name), ...steps.map(({ rule, base }) => (base === 'data' ? `${rule}-training` : rule))];
  expect(names).toEqual(expect.arrayContaining(methods.map((method) => targetRules[method].rule({}).name)));
});

const steps = 8;
const pixels = 2;
const images = [1.4, -0.9, 0.6, -1.7, 0.2, 1.1]; // three of two pixels
const eps = [0.8, -1.3, 0.4, 1.9, -0.6, -0.2];
const gains = { student: 0.9, teacher: 1.3, selfTeacher: 1.1, studentEma: 0.7 };
/** Gain of a network at index i of the grid. */
const gainAt = (who: keyof typeof gains, index: number) => gains[who] * (1 + index / 20);

const near = (values: ArrayLike<number>, expected: readonly number[]) => {
  const size = Math.max(...expected.map(Math.abs));
  Array.from(values).forEach((value, i) => {
    expect(Math.abs(value - expected[i]) / size).toBeLessThan(2e-6); // float32 of a dozen operations
  });
};

test.each(sources.map((source) => [source.rule.name, source] as const))(
  'a step of %s is that of its source, in float64',
  async (_, source) => {
    const { rule, levels: kind, student: studentSteps, weight, momentum, width } = source;
    const noiseGrid = kind === 'VP' ? cosineNoiseGrid : edmNoiseGrid;
    const grid: NoiseGrid = noiseGrid(steps);
    // Where the rule can do it, the last of two phases of unequal length, so that neither the averages nor the rate are those of the first.
    const isSecond = studentSteps === 2;
    const [learningRate, totalSteps, residual, updates] = [0.01, 400, 1e-3, 20];
    const phaseSteps = isSecond ? [2 * steps, steps, studentSteps] : [steps, studentSteps];
    const unequal = isSecond ? { phaseWeights: [1, 3], timesteps: 2 * steps } : {};
    // With two phases the grid has twice the steps; a coarse one that repeats every level keeps the numbers of this test.
    const doubled = { timesteps: 2 * steps, levels: Array.from({ length: 2 * steps + 1 }, (_level, i) => grid.levels[Math.ceil(i / 2)]) };
    const setup = distillSetup<GainTable>({
      ...{ network: gainNetwork(grid), prediction: 'x0', rule, totalSteps, learningRate, clipNorm: 0.5, ema: { residual }, phaseSteps },
      ...{ noiseGrid: () => (isSecond ? doubled : grid), lrSchedule: (progress) => 1 - progress / 2, ...unequal },
    });
    const phase = setup.phases.length - 1;
    const table = (who: keyof typeof gains): GainTable => ({
      gain: tensor(
        Array.from({ length: steps + 1 }, (_gain, index) => gainAt(who, index)),
        [steps + 1, 1],
      ),
    });
    const trees = { student: table('student'), teacher: table('teacher'), studentEma: table('studentEma') };
    const state: DistillState<GainTable> = {
      ...{ step: 300, phase, optimizerSteps: updates, ...trees, moments: zeroMoments(trees.student) },
      ...(momentum !== undefined && { selfTeacher: table('selfTeacher') }),
    };
    const starts = [
      { interval: 1, offset: 0 },
      { interval: studentSteps, offset: 0 },
      { interval: studentSteps, offset: rule === btd ? 0 : 1 },
    ];
    const jumps = starts.map((start) => jumpOf(setup.grid, setup.phases[phase], start));
    const batch = { x0: tensor(images, [3, 1, pixels, 1]), noise: tensor(eps, [3, 1, pixels, 1]), jumps };
    const result = distillStep(setup, state, batch);

    // The same in plain numbers.
    const clipped = (x0: number, when: 'first' | 'second') => (source.clips.includes(when) ? Math.min(Math.max(x0, -1), 1) : x0);
    const predict = (who: keyof typeof gains, x: number, level: NoiseLevel) => gainAt(who, grid.levels.indexOf(level)) * x;
    /** DDIM's step, through the noise that a prediction leaves. */
    const ddim = (x: number, x0: number, from: NoiseLevel, to: NoiseLevel) =>
      to.alpha * x0 + (to.sigma * (x - from.alpha * x0)) / from.sigma;
    const slopes = new Float64Array(steps + 1);
    let loss = 0;
    jumps.forEach(({ a, b, c }, image) => {
      const errors: number[] = [];
      const inputs: number[] = [];
      for (let i = image * pixels; i < (image + 1) * pixels; i++) {
        const xa = a.alpha * images[i] + a.sigma * eps[i];
        const atA = clipped(predict('teacher', xa, a), 'first');
        let xb = source.step === 'noise' ? b.alpha * images[i] + b.sigma * eps[i] : ddim(xa, atA, a, b);
        if (source.step === 'heun' && b.sigma > 0) {
          const [slopeA, slopeB] = [(xa - atA) / a.sigma, (xb - clipped(predict('teacher', xb, b), 'first')) / b.sigma];
          xb = xa + ((b.sigma - a.sigma) * (slopeA + slopeB)) / 2;
        }
        const xc = b === c ? xb : ddim(xb, clipped(predict(source.second, xb, b), 'second'), b, c);
        // The image that one step from a to c would have needed; into index 0 of VP that is what the second step predicts but for rounding.
        const keep = c.sigma / a.sigma;
        const exact = (xc - keep * xa) / (c.alpha - keep * a.alpha);
        const target = rule === btd && c === grid.levels[0] ? predict('teacher', xb, b) : exact;
        inputs.push(xa);
        errors.push(predict('student', xa, a) - target);
      }
      const length = Math.hypot(...errors);
      const scale = weight(a, b) / 3;
      loss += scale * (width === undefined ? length ** 2 : 2 * width * (Math.sqrt(length ** 2 + width ** 2) - width));
      const slope = scale * 2 * (width === undefined ? 1 : width / Math.sqrt(length ** 2 + width ** 2));
      slopes[grid.levels.indexOf(a)] += inputs.reduce((sum, x, i) => sum + slope * errors[i] * x, 0);
    });
    const norm = Math.hypot(...slopes);
    near([await readScalar(result.loss)], [loss]);
    near([await readScalar(result.gradNorm)], [norm]);

    // Adam (betas 0.9 and 0.999, eps 1e-8) after `updates` others that left no moments, then both averages.
    const t = updates + 1;
    const fraction = isSecond ? 3 / 4 : 1;
    const progress = (300 - totalSteps * (1 - fraction)) / (totalSteps * fraction);
    const rate = learningRate * (1 - progress / 2);
    const after = Array.from(slopes, (raw, index) => {
      const slope = raw * Math.min(1, 0.5 / norm);
      const [m, v] = [(0.1 * slope) / (1 - 0.9 ** t), (0.001 * slope ** 2) / (1 - 0.999 ** t)];
      return gainAt('student', index) - (rate * m) / (Math.sqrt(v) + 1e-8);
    });
    const average = (who: 'selfTeacher' | 'studentEma', mu: number) => {
      const towards = (1 - mu) / (1 - mu ** t);
      return after.map((value, index) => gainAt(who, index) + towards * (value - gainAt(who, index)));
    };
    const movedBy = (values: ArrayLike<number>, who: keyof typeof gains) =>
      Array.from(values, (value, index) => value - gainAt(who, index));
    // What moved is compared, to the float32 of what it was added to.
    const nearMove = (values: ArrayLike<number>, expected: readonly number[], who: keyof typeof gains) => {
      const [moved, wanted] = [movedBy(values, who), movedBy(expected, who)];
      const size = Math.max(...wanted.map(Math.abs));
      moved.forEach((value, i) => {
        expect(Math.abs(value - wanted[i])).toBeLessThan(3e-7 + 1e-4 * size);
      });
    };
    nearMove(await read(result.state.student.gain), after, 'student');
    nearMove(await read(result.state.studentEma.gain), average('studentEma', residual ** (1 / (totalSteps * fraction))), 'studentEma');
    if (momentum === undefined) expect(result.state.selfTeacher).toBeUndefined();
    else nearMove(await read(result.state.selfTeacher!.gain), average('selfTeacher', momentum), 'selfTeacher');
    dispose([batch.x0, batch.noise, result]);
  },
);
