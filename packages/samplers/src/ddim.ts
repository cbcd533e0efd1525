import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { pairs } from './pairs.js';
import type { VectorSpace } from './vector-space.js';
import { combineAndFree, walk } from './walk.js';

/**
 * DDIM, noisy to clean; NFE = levels.length − 1. Source: Song et al. 2021, Eq. 12 and 16. On variance exploding levels this is Euler's
 * method for the probability flow in sigma. A yielded value is lent until the next pull; the last one pulled is yours. xT stays the caller's.
 *
 * @param levels noisy to clean, at least two; all but the last need sigma > 0.
 * @param options eta: fresh noise in each step as a share, in [0, 1], of what DDPM adds; 0 is deterministic. Step i takes noise i of the space.
 * @throws RangeError on the first pull when there are fewer than two levels, eta is out of range, or when stepping from a level without noise.
 */
export async function* ddim<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 0 }: { readonly eta?: number } = {},
): AsyncGenerator<T, void, undefined> {
  yield* walk(space, xT, pairs('ddim', levels), async (xt, [from, to], index) => {
    const { keepXt, addX0, addNoise } = ancestralWeights(from, to, eta);
    const x0 = await denoise(xt, from);
    const terms: [number, T][] = [
      [keepXt, xt],
      [addX0, x0],
    ];
    if (addNoise === 0) return combineAndFree(space, terms, [x0]);
    const noise = space.noise(xt, index);
    return combineAndFree(space, [...terms, [addNoise, noise]], [x0, noise]);
  });
}

/** Ancestral sampling, the sampler of DDPM: DDIM with all of the fresh noise. Source: Ho et al. 2020, Algorithm 2, with the lower variance. */
export const ancestral = <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T, levels: readonly NoiseLevel[]) =>
  ddim(space, denoise, xT, levels, { eta: 1 });

function ancestralWeights(from: NoiseLevel, to: NoiseLevel, eta: number) {
  if (!(from.sigma > 0)) throw new RangeError(`ddim: the level to step from needs sigma > 0, got ${from.sigma}`);
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`ddim: eta must be in [0, 1], got ${eta}`);
  const kept = from.alpha / to.alpha; // from `to` to `from` the noising process keeps this of the signal and adds the rest of the noise
  const addNoise = (eta * to.sigma * Math.sqrt(Math.max(0, from.sigma ** 2 - (kept * to.sigma) ** 2))) / from.sigma;
  const keepXt = Math.sqrt(to.sigma ** 2 - addNoise ** 2) / from.sigma;
  return { keepXt, addX0: to.alpha - from.alpha * keepXt, addNoise };
}
