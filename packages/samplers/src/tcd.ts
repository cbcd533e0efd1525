import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { fallingSteps } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

/**
 * Sample a trajectory consistency model (TCD): step to a level cleaner than the next, then noise up to that; NFE = levels.length − 1. With destinations equal
 * to the levels it is DDIM (gamma 0), with clean ones `multistepConsistency` (gamma 1). Source: Zheng et al. 2024, Algorithm 2. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two.
 * @param destinations of each step, at most as noisy as its end: the level at time (1 − gamma)·t of the end's time t.
 * @throws RangeError as `ddim` does, and for destinations that are not one a step or noisier than its end.
 */
export async function* tcd<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  destinations: readonly NoiseLevel[],
  run: RunOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const steps = fallingSteps('tcd', levels);
  if (destinations.length !== steps.length)
    throw new RangeError(`tcd: needs one destination for each of ${steps.length} steps, got ${destinations.length}`);
  steps.forEach(([, to], i) => {
    const { alpha, sigma } = destinations[i];
    if (!(sigma * to.alpha <= to.sigma * alpha)) throw new RangeError(`tcd: destination ${i} has more noise than the end of its step`);
  });
  yield* walk({ name: 'tcd', space, denoise, xT, steps, ...run }, async ({ xt, from, to, index, predict, combine, noise }) => {
    const clean = destinations[index];
    const kept = to.alpha / clean.alpha;
    const keep = (kept * clean.sigma) / from.sigma;
    const addNoise = Math.sqrt(Math.max(0, to.sigma ** 2 - (kept * clean.sigma) ** 2));
    return combine([keep, xt], [to.alpha - from.alpha * keep, await predict(xt, from)], ...noise(addNoise));
  });
}
