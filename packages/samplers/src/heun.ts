import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { pairs } from './pairs.js';
import type { VectorSpace } from './vector-space.js';
import { combineAndFree, walk } from './walk.js';

/** Karras et al. 2022, Algorithm 2. Noise scales are those of x / alpha. */
export type Churn = {
  /** S_churn ≥ 0: how much noise is added over all steps. */
  readonly churn?: number;
  /** S_min and S_max: the noise scales between which it is added. */
  readonly from?: number;
  readonly to?: number;
  /** S_noise: the standard deviation of the noise that is added, 1 in theory. */
  readonly noiseScale?: number;
};

/**
 * Heun's method for the probability flow in s = sigma / alpha, second order; NFE = 2·(levels.length − 1), one less where the last level has no noise.
 * Source: Karras et al. 2022, Algorithm 1, there with alpha = 1. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two, alpha > 0; all but the last need sigma > 0.
 * @throws RangeError on the first pull when there are fewer than two levels.
 */
export const heun = <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T, levels: readonly NoiseLevel[]) =>
  edmStochastic(space, denoise, xT, levels, { churn: 0 });

/**
 * EDM's stochastic sampler: a little noise is added before each of Heun's steps, which then removes more. NFE as `heun`; step i takes noise i of the space.
 * Source: Karras et al. 2022, Algorithm 2.
 */
export async function* edmStochastic<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { churn = 40, from: low = 0.05, to: high = 50, noiseScale = 1.003 }: Churn = {},
): AsyncGenerator<T, void, undefined> {
  const steps = pairs('heun', levels);
  yield* walk(space, xT, steps, async (xt, [level, to], index) => {
    const s = level.sigma / level.alpha;
    const more = s >= low && s <= high ? Math.min(churn / steps.length, Math.SQRT2 - 1) : 0;
    if (more === 0) return heunStep(space, denoise, xt, level, to);
    const raised = { alpha: level.alpha, sigma: level.sigma * (1 + more) };
    const noise = space.noise(xt, index);
    const added = noiseScale * Math.sqrt(raised.sigma ** 2 - level.sigma ** 2);
    const noisy = combineAndFree(
      space,
      [
        [1, xt],
        [added, noise],
      ],
      [noise],
    );
    const next = await heunStep(space, denoise, noisy, raised, to);
    space.dispose?.(noisy);
    return next;
  });
}

/** One step in u = xt / alpha and s, where the flow is du/ds = (u − x0) / s. */
async function heunStep<T>(space: VectorSpace<T>, denoise: Denoiser<T>, xt: T, from: NoiseLevel, to: NoiseLevel): Promise<T> {
  const [s, next] = [from.sigma / from.alpha, to.sigma / to.alpha];
  const x0 = await denoise(xt, from);
  const keep = to.sigma / from.sigma;
  const euler = space.combine([
    [keep, xt],
    [to.alpha - from.alpha * keep, x0],
  ]);
  if (next === 0) {
    space.dispose?.(x0);
    return euler;
  }
  const second = await denoise(euler, to);
  const half = (to.alpha * (next - s)) / 2; // of the step, for each of the two slopes
  return combineAndFree(
    space,
    [
      [(to.alpha + half / s) / from.alpha, xt],
      [-half / s, x0],
      [half / (next * to.alpha), euler],
      [-half / next, second],
    ],
    [x0, euler, second],
  );
}
