import type { NoiseLevel } from '@tract/schedules';
import { ancestralWeights } from './ancestral-weights.js';
import type { Denoiser } from './denoiser.js';
import { fallingSteps } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

/**
 * Sample by DDPM with the larger variance, beta, which is right for data N(0, 1) as the lower is for data that are known; `ancestral` has the lower. No noise
 * is added at a clean level. Source: Ho et al. 2020, section 3.2.
 */
export async function* largeVarianceAncestral<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  run: RunOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const name = 'largeVarianceAncestral';
  yield* walk(
    { name, space, denoise, xT, steps: fallingSteps(name, levels), ...run },
    async ({ xt, from, to, predict, combine, noise }) => {
      const { keepXt, addX0 } = ancestralWeights(from, to, 1);
      const beta = to.sigma === 0 ? 0 : from.sigma ** 2 - ((from.alpha / to.alpha) * to.sigma) ** 2;
      return combine([keepXt, xt], [addX0, await predict(xt, from)], ...noise(Math.sqrt(beta)));
    },
  );
}
