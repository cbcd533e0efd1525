import '@tensorflow/tfjs-backend-cpu';
import {
  dispose,
  type GradientRange,
  leaves,
  linear,
  memory,
  mul,
  noise,
  read,
  readScalar,
  reshape,
  type Tensor,
  type Tree,
  tensor,
  useBackend,
} from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  cosineNoiseGrid,
  type DistillBatch,
  distillGradients,
  distillSetup,
  distillStep,
  initDistillation,
  initTeacher,
  jumpOf,
  type Network,
  phasesOf,
  type StepResult,
  type TeacherBatch,
  type Training,
  teacherGradients,
  teacherSetup,
  teacherStep,
} from './index.js';
import { gaussianImages } from './testing/images.js';
import { exactGains, type GainTable, gainNetwork } from './testing/toy-network.js';

beforeAll(() => useBackend('cpu'));

const grid = cosineNoiseGrid(16);
const [phase] = phasesOf([16, 4, 1]);

const [images, shape] = [6, [3, 2, 1]];

type Told = { readonly weight: Tensor; readonly bias: Tensor; readonly row: Tensor };

/** The pixels of an image are scaled by what its noise level, class and augmentation say. */
const told: Network<Told> = ({ weight, bias, row }, xt, { noise: logSNR, labels = [], augment = [] }) => {
  const given = logSNR.flatMap((value, i) => [value / 20, labels[i], ...augment[i]]);
  return mul(linear(xt, weight, bias), reshape(linear(tensor(given, [logSNR.length, 4]), row), [logSNR.length, 1, 1, 1]));
};
const start = (): Told => ({ weight: tensor([0.7], [1, 1]), bias: tensor([0.1], [1]), row: tensor([1, 0.3, -0.2, 0.5], [4, 1]) });

const x0 = () => gaussianImages(0.5, images, shape);
const eps = () => noise({ seed: 9, samples: { first: 0, count: images }, shape });

/** Loss, norm of the gradients and first moments, a tenth of the gradients, of a step from the beginning. */
async function numbersOf(result: StepResult<{ readonly moments: { readonly m: Told | GainTable } }>): Promise<ArrayLike<number>[]> {
  const moments = await Promise.all(leaves<Tensor>(result.state.moments.m).map(([, leaf]) => read(leaf)));
  return [[await readScalar(result.loss)], [await readScalar(result.gradNorm)], ...moments];
}

async function expectSame(step: (accumulate: number) => Parameters<typeof numbersOf>[0], accumulate: number): Promise<void> {
  const [whole, parts] = await Promise.all([step(1), step(accumulate)].map(numbersOf));
  whole.forEach((values, i) => {
    expectClose(parts[i], values, 1e-6, 'float32 sums of some dozen terms in another order');
  });
}

describe.each([2, 3, 6])('a batch in %i microbatches', (accumulate) => {
  const labels = [3, 1, 0, 2, 1, 3];
  const augment = labels.map((_, i) => [i / 4, 1 - i / 3]);

  test.each([
    ['drawn', (): Partial<TeacherBatch> => ({})],
    ['given', (): Partial<TeacherBatch> => ({ noise: eps(), times: [0.1, 0.3, 0.5, 0.6, 0.8, 0.9] })],
  ])('trains a teacher as the whole does, noise and times being %s', (_, more) =>
    expectSame((parts) => {
      const setup = teacherSetup({ network: told, prediction: 'v', totalSteps: 10, accumulate: parts });
      return teacherStep(setup, initTeacher(start()), { x0: x0(), labels, augment, ...more() });
    }, accumulate),
  );

  test.each([
    ['drawn', (): Partial<DistillBatch> => ({})],
    [
      'given',
      (): Partial<DistillBatch> => ({
        noise: eps(),
        jumps: [1, 2, 3, 4, 1, 2].map((interval) => jumpOf(grid, phase, { interval, offset: interval % 3 })),
      }),
    ],
  ])('distils as the whole does, noise and jumps being %s', (_, more) => {
    const network: Network<GainTable> = gainNetwork(cosineNoiseGrid(16));
    const seen: number[] = [];
    const labelled: Network<GainTable> = (params, xt, conditioning) => {
      seen.push(...(conditioning.labels ?? []));
      return network(params, xt, conditioning);
    };
    return expectSame((parts) => {
      const setup = distillSetup({ network: labelled, prediction: 'x0', phaseSteps: [16, 4, 1], totalSteps: 10, accumulate: parts });
      const state = { ...initDistillation(setup, exactGains(cosineNoiseGrid(16), 0.25)), student: exactGains(cosineNoiseGrid(16), 0.4) };
      seen.length = 0;
      const result = distillStep(setup, state, { x0: x0(), labels, ...more() });
      const part = images / parts;
      const expected = Array.from({ length: parts }, (_part, i) => labels.slice(i * part, (i + 1) * part));
      expect(seen).toEqual(expected.flatMap((own) => [...own, ...own, ...own])); // teacher, self-teacher and student
      return result;
    }, accumulate);
  });
});

test('gradients are announced once for the whole batch, and are those that the update is made with', async () => {
  const options = { network: gainNetwork(grid), prediction: 'x0', totalSteps: 10, accumulate: 3 } as const;
  const teacher = teacherSetup({ ...options, network: told });
  const setup = distillSetup({ ...options, phaseSteps: [16, 4] });
  const [x, labels] = [x0(), [3, 1, 0, 2, 1, 3]];
  const state = initDistillation(setup, exactGains(grid, 0.25));
  const seen: [GradientRange, Promise<Float32Array[]>][] = [];
  const valuesOf = (grads: Tree<Tensor>) => Promise.all(leaves<Tensor>(grads).map(([, leaf]) => read(leaf)));
  const onGradients = (range: GradientRange, grads: Tree<Tensor>): void => void seen.push([range, valuesOf(grads)]);
  const augment = labels.map(() => [0, 0]);
  for (const gradients of [
    () => distillGradients(setup, state, { x0: x }, { onGradients }),
    () => teacherGradients(teacher, initTeacher(start()), { x0: x, labels, augment }, { onGradients }),
  ]) {
    const { grads } = gradients();
    const [[range, values], ...more] = seen.splice(0);
    expect(more).toEqual([]);
    expect(range.offset).toBe(0);
    expect(await values).toEqual(await valuesOf(grads));
    dispose(grads);
  }
});

test('each part of a teacher in training is told its place in the batch', () => {
  const seen: (Training | undefined)[] = [];
  const network: Network<Told> = (params, xt, { training }) => {
    seen.push(training);
    return linear(xt, params.weight, params.bias);
  };
  const setup = teacherSetup({ network, prediction: 'x0', totalSteps: 10, seed: 5, accumulate: 3 });
  teacherStep(setup, initTeacher(start()), { x0: x0() });
  expect(seen).toEqual([0, 2, 4].map((first) => ({ seed: 5, step: 0, first })));
});

test('a step in parts leaves as many live tensors as it found', () => {
  const setup = distillSetup({
    network: gainNetwork(cosineNoiseGrid(16)),
    prediction: 'x0',
    phaseSteps: [16, 4],
    totalSteps: 10,
    accumulate: 2,
  });
  const batch = { x0: x0() };
  let state = initDistillation(setup, exactGains(cosineNoiseGrid(16), 0.25));
  const before = memory();
  for (let i = 0; i < 3; i++) {
    const { state: next, loss, gradNorm } = distillStep(setup, state, batch);
    dispose([loss, gradNorm]);
    state = next;
  }
  expect(memory()).toEqual(before);
});

test('parts that are none are refused, before the state is consumed', () => {
  const options = { network: gainNetwork(cosineNoiseGrid(16)), prediction: 'x0', phaseSteps: [16, 4], totalSteps: 10 } as const;
  expect(() => distillSetup({ ...options, accumulate: 0 })).toThrow(
    'distillSetup: accumulate must be a whole number of microbatches ≥ 1, got 0',
  );
  expect(() => teacherSetup({ ...options, accumulate: 1.5 })).toThrow('teacherSetup: accumulate must be');
  const setup = distillSetup({ ...options, accumulate: 4 });
  const state = initDistillation(setup, exactGains(cosineNoiseGrid(16), 0.25));
  const live = memory();
  const batch = { x0: x0() };
  expect(() => distillStep(setup, state, batch)).toThrow('distillStep: accumulate must divide the batch, 6 images, got 4');
  dispose(batch);
  expect(memory()).toEqual(live);
});
