import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import { cosineRate, zeroMoments } from '@tract/optim';
import { ddimWeights, flowGrid, type NoiseLevel } from '@tract/schedules';
import { dispose, matmul, mul, read, readScalar, reshape, type Tensor, tensor, useBackend } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cosineNoiseGrid,
  type DistillState,
  distillSetup,
  distillStep,
  distillTarget,
  easyConsistencyTuning,
  edmNoiseGrid,
  improvedConsistencyTraining,
  initDistillation,
  type Network,
  type NoiseGrid,
  phasesOf,
  sampleImages,
  shortcut,
  splitMeanFlow,
  type TargetRule,
} from './index.js';
import { gaussianImages } from './testing/images.js';

beforeAll(() => useBackend('cpu'));

/** A step that `golden/jump_rules.py` has worked out; jumps are indices of the grid, slopes and moves those of the gains [9][9]. */
type Golden = {
  readonly rule: string;
  readonly base: 'data' | 'teacher';
  readonly jumps: readonly (readonly number[])[];
  readonly loss: number;
  readonly slopes: readonly (readonly number[])[];
  readonly moves: readonly (readonly number[])[];
};
const golden: readonly Golden[] = JSON.parse(readFileSync(new URL('../golden/jump-rules.json', import.meta.url), 'utf8'));

const steps = 8;
const cells = (steps + 1) ** 2;
const flow: NoiseGrid = { timesteps: steps, levels: flowGrid(steps).reverse() };
const gains = { student: 0.9, teacher: 1.3, selfTeacher: 1.1, studentEma: 0.9 };
const gainAt = (who: keyof typeof gains, a: number, end: number) => gains[who] * (1 + a / 20 + end / 50);
type Gains = { readonly gain: Tensor /* [9, 9] */ };

/** D(x; a, end) = gain[a][end]·x; without an end, of a jump of no length. */
function jumpNetwork({ levels }: NoiseGrid): Network<Gains> {
  const key = ({ alpha, sigma }: NoiseLevel) => Math.min(99, Math.max(-99, 2 * Math.log(alpha / sigma))).toFixed(9);
  const indices = new Map(levels.map((level, index) => [key(level), index]));
  const indexOf = (logSNR: number) => indices.get(Math.min(99, Math.max(-99, logSNR)).toFixed(9))!;
  return ({ gain }, xt, { noise, noiseEnd = noise }) => {
    const masks = new Float32Array(noise.length * cells);
    noise.forEach((value, i) => {
      masks[i * cells + indexOf(value) * (steps + 1) + indexOf(noiseEnd[i])] = 1;
    });
    const chosen = matmul(tensor(masks, [noise.length, cells]), reshape(gain, [cells, 1]));
    return mul(xt, reshape(chosen, [noise.length, 1, 1, 1]));
  };
}
const tableOf = (who: keyof typeof gains): Gains => ({
  gain: tensor(
    Array.from({ length: cells }, (_, i) => gainAt(who, Math.floor(i / (steps + 1)), i % (steps + 1))),
    [steps + 1, steps + 1],
  ),
});

const ruleNamed = (rule: string, base: 'data' | 'teacher'): TargetRule => {
  if (rule === 'shortcut') return shortcut({ base });
  if (rule === 'split-mean-flow') return splitMeanFlow({ base });
  return rule === 'easy-consistency-tuning' ? easyConsistencyTuning() : improvedConsistencyTraining();
};

const near = (values: ArrayLike<number>, expected: readonly number[], tolerance: number) => {
  const size = Math.max(...expected.map(Math.abs));
  Array.from(values).forEach((value, i) => {
    expect(Math.abs(value - expected[i]) / size, `number ${i}`).toBeLessThan(tolerance);
  });
};

test.each(golden.map((step) => [step.rule, step.base, step] as const))(
  'a step of %s from %s is that of its source, worked out elsewhere in float64',
  async (name, base, expected) => {
    const isFlow = expected.jumps[0].length === 3;
    const grid = isFlow ? flow : edmNoiseGrid(steps);
    const rule = ruleNamed(name, base);
    const setup = distillSetup<Gains>({
      ...{ network: jumpNetwork(grid), prediction: 'x0', rule, totalSteps: 400, learningRate: 0.01, clipNorm: 0, phaseSteps: [steps, 1] },
      noiseGrid: () => grid,
      // The squared error of a velocity of flow matching is that of x0 over t².
      ...(isFlow && { lossWeight: ({ sigma }: NoiseLevel) => 1 / sigma ** 2 }),
    });
    const trees = { student: tableOf('student'), teacher: tableOf('teacher'), studentEma: tableOf('studentEma') };
    const state: DistillState<Gains> = {
      ...{ step: 0, phase: 0, optimizerSteps: 0, ...trees, moments: zeroMoments(trees.student) },
      ...(rule.usesSelfTeacher && { selfTeacher: tableOf('selfTeacher') }),
    };
    const jumps = expected.jumps.map(([a, b, c = 0]) => ({ a: grid.levels[a], b: grid.levels[b], c: grid.levels[c] }));
    const x0 = tensor([1.4, -0.9, 0.6, -1.7, 0.2, 1.1], [3, 1, 2, 1]);
    const noise = tensor([0.8, -1.3, 0.4, 1.9, -0.6, -0.2], [3, 1, 2, 1]);
    const { state: next, loss, gradNorm } = distillStep(setup, state, { x0, noise, jumps });
    near([await readScalar(loss)], [expected.loss], 5e-6); // float32 of some dozen operations
    near([await readScalar(gradNorm)], [Math.hypot(...expected.slopes.flat())], 5e-6);
    const after = await read(next.student.gain);
    const starts = Array.from({ length: cells }, (_, i) => gainAt('student', Math.floor(i / (steps + 1)), i % (steps + 1)));
    // Adam's first step is the rate along each slope's sign; what moved is known to the float32 of what it was added to.
    near(
      Array.from(after, (value, i) => value - starts[i]),
      expected.moves.flat(),
      3e-5,
    );
    dispose([x0, noise, next, loss, gradNorm]);
  },
);

describe.each([
  ['VP', cosineNoiseGrid(16)],
  ['EDM', edmNoiseGrid(16)],
  ['flow matching', { timesteps: 16, levels: flowGrid(16).reverse() }],
] as const)('on the levels of %s', (_, grid) => {
  test.each([shortcut(), splitMeanFlow({ jumping: 1 })])('a jump of $name lands where its two parts land', async (rule) => {
    // A network that predicts a number of its ends alone, so that the landing can be worked out by hand.
    const said = (from: number, to: number) => Math.tanh(from / 7 - to / 11);
    const number = (level: NoiseLevel) => Math.min(20, Math.max(-20, 2 * Math.log(level.alpha / level.sigma)));
    const network: Network<Gains> = (_params, xt, { noise, noiseEnd = noise }) => {
      const of = noise.map((value, i) => said(Math.min(20, Math.max(-20, value)), Math.min(20, Math.max(-20, noiseEnd[i]))));
      return tensor(
        of.flatMap((value) => [value, value]),
        xt.shape,
      );
    };
    const setup = distillSetup<Gains>({ network, prediction: 'x0', rule, totalSteps: 9, phaseSteps: [16, 1], noiseGrid: () => grid });
    const params = tableOf('student');
    const state = { step: 0, phase: 0, optimizerSteps: 0, student: params, teacher: params, studentEma: params, selfTeacher: params };
    const { levels } = grid;
    const jump = { a: levels[16], b: levels[12], c: levels[8] };
    const [x0, noise] = [tensor([0.3, -0.4], [1, 1, 2, 1]), tensor([1.2, -0.7], [1, 1, 2, 1])];
    const target = distillTarget(setup, { ...state, moments: zeroMoments(params) }, { x0, noise, jumps: [jump] });
    const xa = await read(target.xa);
    const goes = (x: number, from: NoiseLevel, to: NoiseLevel, predicted: number) => {
      const { keepXt, addX0 } = ddimWeights(from, to);
      return keepXt * x + addX0 * predicted;
    };
    const { a, b, c } = jump;
    const landed = goes(goes(xa[0], a, b, said(number(a), number(b))), b, c, said(number(b), number(c)));
    expect(goes(xa[0], a, c, (await read(target.x0))[0])).toBeCloseTo(landed, 4); // float32 at sigma 80
    expect(target.levelsEnd).toEqual([c]);
    dispose([params, x0, noise, target.x0, target.xa, target.xb]);
  });
});

test.each([shortcut({ base: 'teacher', jumping: 0.75 }), splitMeanFlow({ jumping: 0.75 })])(
  '$name: a network that is told both ends goes in 1, 2 and 4 jumps where the exact denoiser goes in 8 steps',
  async (rule) => {
    const grid = cosineNoiseGrid(steps);
    const sd = 0.25;
    const exact = grid.levels.map(({ alpha, sigma }) => (alpha * sd ** 2) / ((alpha * sd) ** 2 + sigma ** 2));
    const teacher: Gains = {
      gain: tensor(
        exact.flatMap((gain) => Array<number>(steps + 1).fill(gain)),
        [steps + 1, steps + 1],
      ),
    };
    const setup = distillSetup<Gains>({
      ...{ network: jumpNetwork(grid), prediction: 'x0', rule, totalSteps: 1000, phaseSteps: [steps, 1] },
      ...{ learningRate: 0.05, lrSchedule: cosineRate(), selfTeacherMomentum: 0.5 },
    });
    let state = initDistillation(setup, teacher);
    for (let step = 0; step < setup.totalSteps; step++) {
      const x0 = gaussianImages(sd, 64, [1, 1, 1], { step });
      const result = distillStep(setup, state, { x0 });
      state = result.state;
      dispose([x0, result.loss, result.gradNorm]);
    }
    const drawn = async (params: Gains, count: number, jumps: boolean) => {
      const levels = grid.levels.filter((_, i) => i % (steps / count) === 0).reverse();
      return read(await sampleImages({ model: setup.model, params, steps: levels, jumps, seed: 1, indices: [0, 1, 2], shape: [1, 1, 1] }));
    };
    const many = await drawn(teacher, steps, false);
    for (const count of [1, 2, 4]) near(await drawn(state.studentEma, count, true), [...many], 0.03); // Adam has not quite settled
    // Without the ends it denoises: one step of that predicts the mean, 0.
    expect(Math.max(...(await drawn(state.studentEma, 1, false)).map(Math.abs))).toBeLessThan(0.01);
    dispose([teacher, state]);
  },
);

describe('the draws', () => {
  const context = { grid: cosineNoiseGrid(128), gridOf: cosineNoiseGrid, count: 8000, seed: 3, step: 5, progress: 0 };
  const { levels } = context.grid;
  const indices = (rule: TargetRule, phase = phasesOf([128, 1])[0]) =>
    rule.draw({ ...context, phase }).map(({ a, b, c }) => [a, b, c].map((level) => levels.indexOf(level)));

  test('shortcuts are powers of two on their own grid, three of four images denoise, all lengths are as likely', () => {
    const drawn = indices(shortcut());
    const jumps = drawn.filter(([a, , c]) => a !== c);
    expect(Math.abs(jumps.length - 2000)).toBeLessThan(4.5 * Math.sqrt(8000 * (1 / 4) * (3 / 4))); // standard errors
    for (const [a, b, c] of jumps) {
      expect([Math.log2(a - c) % 1, a % (a - c), a - b]).toEqual([0, 0, (a - c) / 2]);
    }
    for (const length of [2, 4, 8, 16, 32, 64, 128]) {
      const expected = jumps.length / 7;
      expect(Math.abs(jumps.filter(([a, , c]) => a - c === length).length - expected)).toBeLessThan(4.5 * Math.sqrt(expected));
    }
    for (const [a, b, c] of drawn.filter(([from, , to]) => from === to)) expect([a, b > 0, c]).toEqual([b, true, b]);
  });

  test('split jumps have any two ends with a level between, each pair as likely', () => {
    const four = { timesteps: 4, levels: levels.filter((_level, i) => i % 32 === 0) };
    const drawn = splitMeanFlow({ jumping: 1 })
      .draw({ ...context, grid: four, phase: phasesOf([4, 1])[0] })
      .map(({ a, b, c }) => [a, b, c].map((level) => four.levels.indexOf(level)));
    for (const [a, b, c] of drawn) expect(a > b && b > c).toBe(true);
    const counts = new Map<string, number>();
    for (const [a, , c] of drawn) counts.set(`${a}-${c}`, (counts.get(`${a}-${c}`) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(['2-0', '3-0', '3-1', '4-0', '4-1', '4-2']);
    for (const count of counts.values()) expect(Math.abs(count - 8000 / 6)).toBeLessThan(4.5 * Math.sqrt(8000 / 6));
  });

  test('what they cannot do is refused', () => {
    expect(() => indices(shortcut(), phasesOf([96, 1])[0])).toThrow(/must be a power of two ≥ 2, got 96; choose 128,1/);
    expect(() => indices(splitMeanFlow(), phasesOf([128, 2])[0])).toThrow(/the student must have 1 step, got 2/);
    expect(() => shortcut({ jumping: 2 })).toThrow(/jumping must be in \[0, 1\], got 2/);
  });
});
