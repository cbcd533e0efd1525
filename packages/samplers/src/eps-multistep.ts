import type { NoiseLevel } from '@tract/schedules';
import { levelBetween, middleRatio } from './between.js';
import type { Denoiser } from './denoiser.js';
import { lagrangeWeights } from './lagrange-weights.js';
import { fallingSteps, orderLeft, requireWhole, stepsWithSignal } from './steps.js';
import type { Term, VectorSpace } from './vector-space.js';
import { type RunOptions, type Step, walk } from './walk.js';

export type MultistepOptions<T> = RunOptions<T> & {
  /** Predictions of the noise that a step uses, its own included: 1 to 4. Default: 4 in `lms` and `ipndm`, 3 in `deis`. */
  readonly order?: number;
  /** Fall to lower orders at the last steps; a number counts that many steps from the last image on, 1 being `true`. Default: false. */
  readonly lowerOrderFinal?: boolean | number;
};

/** Weights of the noise at ratios s (newest first) in the integral of the noise from s[0] to `next`; they add up to next − s[0]. */
type Weights = (s: readonly number[], next: number) => readonly number[];

const powers = [0, 1, 2, 3];

/** ∫ of the polynomial in s. */
const linear: Weights = (s, next) =>
  lagrangeWeights(
    s.map((one) => one - s[0]),
    powers.map((k) => (next - s[0]) ** (k + 1) / (k + 1)),
  );

/** ∫ of the polynomial in ln s: with u = ln(s / s[0]) the moments are s[0]·∫ u^k·e^u du. */
const logarithmic: Weights = (s, next) => {
  const end = Math.log(next / s[0]);
  const moments: number[] = [];
  for (const k of powers) moments.push(k === 0 ? next - s[0] : (next === 0 ? 0 : next * end ** k) - k * moments[k - 1]);
  return lagrangeWeights(
    s.map((one) => Math.log(one / s[0])),
    moments,
  );
};

const adamsBashforth = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]];
const fixed: Weights = (s, next) => adamsBashforth[s.length - 1].map((weight) => weight * (next - s[0]));

/** Sample by LMS, the linear multistep method in sigma / alpha, order up to 4; NFE = levels.length − 1. Source: k-diffusion. Yields as `ddim` does. */
export const lms = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('lms', linear, 4, space, denoise, xT, levels, options);

/** Sample by DEIS (tAB in ln rho), order up to 4; NFE = levels.length − 1. Source: Zhang & Chen 2023, Eq. 15. Yields as `ddim` does. */
export const deis = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('deis', logarithmic, 3, space, denoise, xT, levels, options);

/**
 * Sample by iPNDM: Adams–Bashforth's weights of equal steps on the noise, each step as DDIM's; NFE = levels.length − 1. Source: Zhang & Chen 2023, Appendix;
 * Liu et al. 2022. Yields as `ddim` does.
 */
export const ipndm = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('ipndm', fixed, 4, space, denoise, xT, levels, options);

/**
 * Sample by PLMS, the linear multistep form of PNDM that Stable Diffusion 1 was released with: as `ipndm`, but the first step is taken again with the mean
 * of the noise at both of its ends; NFE = levels.length. Source: Liu et al. 2022, Eq. 12. Yields as `ddim` does.
 *
 * @throws RangeError as `ddim` does, and for a level with alpha = 0, where the mean of two noises is no noise.
 */
export const plms = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: MultistepOptions<T> = {},
) => epsMultistep('plms', fixed, 4, space, denoise, xT, levels, options, { steps: 1, take: twice });

export type PndmOptions<T> = MultistepOptions<T> & {
  /** The level half way of a step. Default: half way in ln(sigma / alpha). */
  readonly middleOf?: (from: NoiseLevel, to: NoiseLevel) => NoiseLevel;
};

/**
 * Sample by PNDM: as `ipndm`, but the first three steps are Runge–Kutta's of fourth order on the noise, four calls each; NFE = levels.length + 8.
 * Source: Liu et al. 2022, Algorithm 2. Yields as `ddim` does.
 *
 * @throws RangeError as `plms` does.
 */
export const pndm = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { middleOf = (from, to) => levelBetween(from, to, middleRatio(from, to)), ...options }: PndmOptions<T> = {},
) =>
  epsMultistep('pndm', fixed, 4, space, denoise, xT, levels, options, {
    steps: 3,
    take: (step, x0) => rungeKutta(step, x0, middleOf(step.from, step.to)),
  });

/** Other first steps, while they end with noise. */
type WarmUp = { readonly steps: number; readonly take: <T>(step: Step<T>, x0: T) => Promise<T> };

async function* epsMultistep<T>(
  name: string,
  weights: Weights,
  highest: number,
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { order = highest, lowerOrderFinal = false, ...run }: MultistepOptions<T>,
  warmUp?: WarmUp,
): AsyncGenerator<T, void, undefined> {
  requireWhole(name, 'order', order, 1, 4);
  const steps = warmUp ? stepsWithSignal(name, levels, 'ipndm') : fallingSteps(name, levels);
  yield* walk({ name, space, denoise, xT, steps, memory: order - 1, ...run }, async (step) => {
    const { xt, from, to, index, total, predict, combine, keep, past } = step;
    const x0 = await predict(xt, from);
    const eps = keep(noiseOf(step, xt, x0, from));
    if (warmUp && index < warmUp.steps && to.sigma > 0) return warmUp.take(step, x0);
    const euler = moveTo(step, to, x0);
    const used = past
      .slice(0, Math.min(order, orderLeft(lowerOrderFinal, index, total)) - 1)
      .filter(({ level }) => weights === fixed || level.alpha > 0); // infinitely far nodes weigh 0
    if (from.alpha === 0 || used.length === 0) return euler;
    const nodes = [from, ...used.map(({ level }) => level)].map(({ alpha, sigma }) => sigma / alpha);
    const older = weights(nodes, to.sigma / to.alpha)
      .slice(1)
      .map((weight) => to.alpha * weight);
    const terms = used.map(({ vector }, i): [number, T] => [older[i], vector]);
    return combine([1, euler], [-older.reduce((sum, weight) => sum + weight, 0), eps], ...terms);
  });
}

/** Take a step, and again with the mean of the noise at both ends. */
async function twice<T>(step: Step<T>, x0: T): Promise<T> {
  const end = await changeAt(step, step.to, x0);
  return moveTo(step, step.to, x0, [1 / 2, end]);
}

async function rungeKutta<T>(step: Step<T>, x0: T, middle: NoiseLevel): Promise<T> {
  const second = await changeAt(step, middle, x0);
  const third = await changeAt(step, middle, x0, [1, second]);
  const fourth = await changeAt(step, step.to, x0, [1, third]);
  return moveTo(step, step.to, x0, [1 / 3, second], [1 / 3, third], [1 / 6, fourth]);
}

/** The noise that the model sees at a level less that at the start of the step; from differences of x0, in which nothing cancels where alpha is small. */
async function changeAt<T>(step: Step<T>, level: NoiseLevel, x0: T, ...change: readonly Term<T>[]): Promise<T> {
  const there = await step.predict(moveTo(step, level, x0, ...change), level);
  const [ratio, moved] = [level.alpha / level.sigma, ofNoise(step.from, level) / level.sigma];
  return step.combine([ratio, x0], [-ratio, there], ...change.map(([weight, vector]): Term<T> => [moved * weight, vector]));
}

/** Return the weight of the noise in a step that keeps alpha's share of xt. */
const ofNoise = (from: NoiseLevel, to: NoiseLevel): number => to.sigma - (from.sigma * to.alpha) / from.alpha;

const noiseOf = <T>({ combine }: Step<T>, x: T, x0: T, { alpha, sigma }: NoiseLevel): T => combine([1 / sigma, x], [-alpha / sigma, x0]);

/** DDIM's step to a level, its noise changed by these terms. */
function moveTo<T>({ xt, from, combine }: Step<T>, to: NoiseLevel, x0: T, ...change: readonly Term<T>[]): T {
  const keep = to.sigma / from.sigma;
  return combine(
    [keep, xt],
    [to.alpha - from.alpha * keep, x0],
    ...change.map(([weight, vector]): Term<T> => [ofNoise(from, to) * weight, vector]),
  );
}
