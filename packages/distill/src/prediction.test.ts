import '@tensorflow/tfjs-backend-cpu';
import { cosineLevel, levelToLogSNR, type NoiseLevel } from '@tract/schedules';
import {
  edmPreconditioning,
  iddpmPreconditioning,
  type Preconditioning,
  vePreconditioning,
  vpPreconditioning,
} from '@tract/schedules/training';
import {
  add,
  combine,
  concat,
  dispose,
  memory,
  mul,
  noise,
  read,
  readScalar,
  scale,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  zeros,
} from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { addNoise } from './noise-grid.js';
import { type Network, outputChannels, type Prediction, preconditionedModel, predictX0, toX0, trueOutput } from './prediction.js';
import { gaussianImages } from './testing/images.js';

beforeAll(() => useBackend('cpu'));

const levels: NoiseLevel[] = [0.1, 0.4, 0.7].map((t) => cosineLevel(t));
const shape = [2, 3, 2];

describe.each(['x0', 'eps', 'v', 'x0+eps'] as Prediction[])('%s', (prediction) => {
  test('is undone: a perfect output gives back the clean image', async () => {
    const x0 = gaussianImages(0.5, 3, shape);
    const eps = noise({ seed: 3, samples: [0, 1, 2], shape });
    const output = trueOutput(prediction, x0, eps, levels);
    const back = toX0(prediction, output, addNoise(x0, eps, levels), levels);
    const expected = await read(x0);
    // float32, and a division by alpha ≥ 0.45 for eps
    (await read(back)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    expect(output.shape).toEqual([3, 2, 3, outputChannels(prediction, 2)]);
    dispose([x0, eps, output, back]);
  });

  test('refuses an output with the wrong number of channels', () => {
    const xt = zeros([1, 2, 2, 3]);
    const output = zeros([1, 2, 2, 5]);
    expect(() => toX0(prediction, output, xt, [levels[0]])).toThrow(/must output \[1,2,2,[36]\].*got \[1,2,2,5\]/);
    dispose([xt, output]);
  });
});

test('of two heads, the clean image is believed in noise and the noise in the clean', async () => {
  const xt = zeros([2, 1, 1, 1]);
  const x0Head = gaussianImages(1, 2, [1, 1, 1]);
  const epsHead = noise({ seed: 5, samples: [0, 1], shape: [1, 1, 1] });
  const output = trueOutput('x0+eps', x0Head, epsHead, []);
  const ends = [cosineLevel(1), cosineLevel(0)];
  const combined = await read(toX0('x0+eps', output, xt, ends));
  const [believed] = await read(x0Head);
  expect(combined[0]).toBeCloseTo(believed, 3); // alpha at t = 1 is 4.5e-5
  expect(combined[1]).toBeCloseTo(0, 3); // (xt − sigma·eps) / alpha with xt = 0, sigma = 4.5e-5
});

const preconditionings: [string, Preconditioning][] = [
  ['EDM', edmPreconditioning()],
  ['VP', vpPreconditioning()],
  ['VE', vePreconditioning()],
  ['iDDPM', iddpmPreconditioning()],
];
const veLevels: NoiseLevel[] = [0.01, 0.7, 20].map((sigma) => ({ alpha: 1, sigma }));

describe.each(preconditionings)('a network under %s preconditioning', (_, preconditioning) => {
  test.each([
    ['VE', veLevels],
    ['VP', levels],
  ])('predicts the clean image when it is perfect, on %s levels', async (_, at) => {
    const x0 = gaussianImages(0.5, 3, shape);
    const eps = noise({ seed: 3, samples: [0, 1, 2], shape });
    const ratios = at.map(({ alpha, sigma }) => sigma / alpha);
    // It answers what it is asked: (x0 − cSkip·x) / cOut with x = x0 + s·eps, given as cIn·x and cNoise.
    const scales = ratios.map(preconditioning);
    const perfect: Network<Record<string, Tensor>> = (_, seen, { noise: noises, labels }) => {
      expect(noises).toEqual(scales.map(({ cNoise }) => cNoise));
      expect(labels).toEqual([2, 0, 1]);
      return combine([
        [scales.map(({ cOut }) => 1 / cOut), x0],
        [scales.map(({ cSkip, cOut, cIn }) => -cSkip / (cOut * cIn)), seen],
      ]);
    };
    const back = predictX0(preconditionedModel(perfect, preconditioning), {}, addNoise(x0, eps, at), at, { labels: [2, 0, 1] });
    const expected = await read(x0);
    // float32 of x = x0 + s·eps, s up to 20, that cancels again
    (await read(back)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 4);
    });
    dispose([x0, eps, back]);
  });
});

test('what surrounds a network is differentiable, and leaves one tensor', async () => {
  const preconditioning = edmPreconditioning();
  const [level] = levels;
  const { cSkip, cOut, cIn } = preconditioning(level.sigma / level.alpha);
  const gain: Network<{ gain: Tensor }> = (params, seen) => mul(seen, params.gain);
  const model = preconditionedModel(gain, preconditioning);
  const [params, xt] = [{ gain: tensor([2], [1]) }, gaussianImages(1, 1, shape)];
  const before = memory().tensors;
  const x0 = predictX0(model, params, xt, [level]);
  expect(memory().tensors).toBe(before + 1);
  const expected = await read(scale(xt, (cSkip + 2 * cOut * cIn) / level.alpha));
  (await read(x0)).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 5);
  });
  const { grads } = valueAndGrad((at: typeof params) => sum(predictX0(model, at, xt, [level])), params);
  expect(await readScalar(grads.gain)).toBeCloseTo(((await readScalar(sum(xt))) * cOut * cIn) / level.alpha, 4);
});

test('of a network that also predicts a variance, the first half of the channels counts', async () => {
  const xt = gaussianImages(1, 1, shape);
  const outputOf = (network: Network<Record<string, Tensor>>) =>
    predictX0(preconditionedModel(network, iddpmPreconditioning()), {}, xt, [levels[1]]);
  const plain = await read(outputOf((_, seen) => seen));
  expect(await read(outputOf((_, seen) => concat([seen, add(seen, seen)], 3)))).toEqual(plain);
  expect(() => outputOf((_, seen) => concat([seen, seen, seen], 3))).toThrow(/must output \[1,2,3,2\], or 4 channels.*got \[1,2,3,6\]/);
});

test('a preconditioned model that claims to predict something else than x0 is refused', () => {
  const model = { ...preconditionedModel<Record<string, Tensor>>((_, seen) => seen, edmPreconditioning()), prediction: 'v' as const };
  expect(() => predictX0(model, {}, zeros([1, ...shape]), [levels[0]])).toThrow(/a preconditioned model predicts x0, got prediction v/);
});

test('a network that is conditioned on both ends of a jump gets the noise of both in the same unit', () => {
  const ends: [start: readonly number[], end: readonly number[] | undefined][] = [];
  const network: Network<Record<string, Tensor>> = (_, xt, { noise: start, noiseEnd }) => {
    ends.push([start, noiseEnd]);
    return xt;
  };
  const xt = zeros([1, ...shape]);
  const [from, to] = levels;
  predictX0({ network, prediction: 'x0' }, {}, xt, [from], { levelsEnd: [to] });
  predictX0(preconditionedModel(network, edmPreconditioning()), {}, xt, [from], { levelsEnd: [to] });
  predictX0({ network, prediction: 'x0' }, {}, xt, [from]);
  const cNoise = ({ alpha, sigma }: NoiseLevel) => [Math.log(sigma / alpha) / 4]; // Karras et al. 2022, Table 1
  expect(ends).toEqual([
    [[levelToLogSNR(from)], [levelToLogSNR(to)]],
    [cNoise(from), cNoise(to)],
    [[levelToLogSNR(from)], undefined],
  ]);
});
