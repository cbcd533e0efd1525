import type { NoiseLevel } from '@tract/schedules';

/**
 * Weights of one ancestral step: xNext = keepXt·xt + addX0·x0 + addNoise·noise, with eta in [0, 1] of DDPM's noise; the noise of `to` is kept whole:
 * (keepXt·from.sigma)² + addNoise² = to.sigma². Source: Song et al. 2021, Eq. 12 and 16.
 */
export function ancestralWeights(from: NoiseLevel, to: NoiseLevel, eta: number) {
  // From `to` to `from` the noising process keeps this of the noise, in [0, 1): the rest is fresh. At alpha = 0 all of it.
  const fresh = 1 - ((from.alpha * to.sigma) / (to.alpha * from.sigma)) ** 2;
  const addNoise = eta * to.sigma * Math.sqrt(fresh);
  const keepXt = (to.sigma / from.sigma) * Math.sqrt(1 - eta ** 2 * fresh); // no root of a difference of rounded squares
  return { keepXt, addX0: to.alpha - from.alpha * keepXt, addNoise };
}

/** An ancestral step as a deterministic one to the level `down`, with alpha of `to` and less noise, and the noise that is added then. */
export function downStep(from: NoiseLevel, to: NoiseLevel, eta: number) {
  const { keepXt, addNoise } = ancestralWeights(from, to, eta);
  return { down: { alpha: to.alpha, sigma: keepXt * from.sigma }, addNoise };
}
