import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireOption } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type ConsistencyOptions<T> = RunOptions<T> & {
  /** Noise that is left in a prediction, at alpha = 1: as much less is added. 0.002 for models with that boundary. Default: 0. */
  readonly sigmaMin?: number;
};

/**
 * Sample a consistency model in several steps: predict the clean image, noise it again to the next level; NFE = levels.length − 1, and a last level
 * without noise gives the prediction itself. Step i takes noise i of the space. Source: Song et al. 2023, Algorithm 1. LCM is this with `lcmDenoiser`,
 * SD-Turbo and SDXL-Turbo in several steps too. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two.
 * @throws RangeError as `ddim` does.
 */
export async function* multistepConsistency<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { sigmaMin = 0, ...run }: ConsistencyOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const name = 'multistepConsistency';
  requireOption(name, 'sigmaMin', sigmaMin, 0);
  yield* walk({ name, space, denoise, xT, steps: fallingSteps(name, levels), ...run }, async ({ xt, from, to, predict, combine, noise }) =>
    combine([to.alpha, await predict(xt, from)], ...noise(Math.sqrt(Math.max(0, to.sigma ** 2 - (to.alpha * sigmaMin) ** 2)))),
  );
}
