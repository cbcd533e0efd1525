import type { NoiseLevel } from './noise-level.js';

export type DdimWeights = { readonly keepXt: number; readonly addX0: number };

/**
 * One DDIM step is linear in the predicted clean image: xNext = keepXt·xt + addX0·x0. Source: Song et al. 2021, Eq. 12 with eta = 0.
 *
 * @throws RangeError when `from` has no noise: there is no step to take from a clean image.
 */
export function ddimWeights(from: NoiseLevel, to: NoiseLevel): DdimWeights {
  if (!(from.sigma > 0)) throw new RangeError(`ddimWeights: the level to step from needs sigma > 0, got ${from.sigma}`);
  const keepXt = to.sigma / from.sigma;
  return { keepXt, addX0: to.alpha - from.alpha * keepXt };
}
