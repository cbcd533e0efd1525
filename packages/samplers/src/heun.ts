import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireOption } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, type Step, walk } from './walk.js';

/** Churn of Karras et al. 2022, Algorithm 2. Noise scales are those of x / alpha. */
export type Churn = {
  /** S_churn ≥ 0: the amount of noise added over all steps. */
  readonly churn?: number;
  /** S_min and S_max: the noise scales between which it is added. */
  readonly sMin?: number;
  readonly sMax?: number;
  /** S_noise: the standard deviation of the added noise, 1 in theory. */
  readonly noiseScale?: number;
};

/**
 * Sample by Heun's method for the probability flow in s = sigma / alpha, second order; NFE = 2·(levels.length − 1), one less where the last level has no noise.
 * Source: Karras et al. 2022, Algorithm 1, there with alpha = 1. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two, alpha > 0; from alpha = 0 (flow matching, zero terminal SNR) the method has no limit, `flowHeun` has.
 * @throws RangeError as `ddim` does, and for a level with alpha = 0.
 */
export const heun = <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T, levels: readonly NoiseLevel[], run: RunOptions<T> = {}) =>
  edmStochastic(space, denoise, xT, levels, { ...run, churn: 0 });

/**
 * Sample by EDM's stochastic sampler: add a little noise before each of Heun's steps, which then removes more. NFE as `heun`; step i takes noise i of the space.
 * Defaults: churn 40, sMin 0.05, sMax 50, noiseScale 1.003, the source's for ImageNet. Source: Karras et al. 2022, Algorithm 2.
 *
 * @throws RangeError as `heun` does.
 */
export async function* edmStochastic<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { churn = 40, sMin = 0.05, sMax = 50, noiseScale = 1.003, ...run }: Churn & RunOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const name = 'heun';
  for (const [option, value] of Object.entries({ churn, sMin, sMax, noiseScale })) requireOption(name, option, value, 0);
  const steps = fallingSteps(name, levels, 'flowHeun or dpmSolver2M');
  yield* walk({ name, space, denoise, xT, steps, ...run }, async (step) => {
    const { xt, from, to, total, combine, noise } = step;
    const s = from.sigma / from.alpha;
    const more = s >= sMin && s <= sMax ? Math.min(churn / total, Math.SQRT2 - 1) : 0;
    if (more === 0) return heunStep(step, xt, from, to);
    const raised = { alpha: from.alpha, sigma: from.sigma * (1 + more) };
    const added = noiseScale * Math.sqrt(raised.sigma ** 2 - from.sigma ** 2);
    return heunStep(step, combine([1, xt], ...noise(added)), raised, to);
  });
}

/**
 * One step in u = xt / alpha and s, where the flow is du/ds = (u − x0) / s. Euler's point is DDIM's; the mean of both slopes adds
 * (s' − s) / 2s'·(x0 − second) to it, so that nothing cancels where both predictions agree.
 */
async function heunStep<T>({ predict, combine }: Step<T>, xt: T, from: NoiseLevel, to: NoiseLevel): Promise<T> {
  const [s, next] = [from.sigma / from.alpha, to.sigma / to.alpha];
  const x0 = await predict(xt, from);
  const keep = to.sigma / from.sigma;
  const euler = combine([keep, xt], [to.alpha - from.alpha * keep, x0]);
  if (next === 0) return euler;
  const bend = (to.alpha * (next - s)) / (2 * next);
  return combine([bend, x0], [-bend, await predict(euler, to)], [1, euler]);
}
