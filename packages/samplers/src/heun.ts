import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { heunStep } from './heun-step.js';
import { requireOption, stepsWithSignal } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

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
export async function* heun<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  run: RunOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const steps = stepsWithSignal('heun', levels, noLimit);
  yield* walk({ name: 'heun', space, denoise, xT, steps, ...run }, (step) => heunStep(step, step.xt, step.from, step.to));
}

const noLimit = 'flowHeun or dpmSolver2M';

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
  const name = 'edmStochastic';
  for (const [option, value] of Object.entries({ churn, sMin, sMax, noiseScale })) requireOption(name, option, value, 0);
  const steps = stepsWithSignal(name, levels, noLimit);
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
