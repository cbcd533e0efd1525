import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { pairs } from './pairs.js';
import type { VectorSpace } from './vector-space.js';
import { combineAndFree, walk } from './walk.js';

/**
 * Multistep sampling of a consistency model: predict the clean image, noise it again to the next level; NFE = levels.length − 1, and a last level
 * without noise gives the prediction itself. Step i takes noise i of the space. Source: Song et al. 2023, Algorithm 1. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two.
 * @throws RangeError on the first pull when there are fewer than two levels.
 */
export async function* multistepConsistency<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
): AsyncGenerator<T, void, undefined> {
  yield* walk(space, xT, pairs('multistepConsistency', levels), async (xt, [from, to], index) => {
    const x0 = await denoise(xt, from);
    if (to.sigma === 0) return combineAndFree(space, [[to.alpha, x0]], [x0]);
    const noise = space.noise(xt, index);
    return combineAndFree(
      space,
      [
        [to.alpha, x0],
        [to.sigma, noise],
      ],
      [x0, noise],
    );
  });
}
