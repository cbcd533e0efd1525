import type { NoiseLevel } from '@tract/schedules';
import { ancestralWeights } from './ancestral-weights.js';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireOption } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type DdimOptions<T> = RunOptions<T> & {
  /** Fresh noise of each step as a fraction, in [0, 1], of what DDPM adds. Default: 0, deterministic. Step i takes noise i of the space. */
  readonly eta?: number;
  /** Standard deviation of the fresh noise (s_noise elsewhere). Default: 1. */
  readonly noiseScale?: number;
};

/**
 * Sample by DDIM, noisy to clean; NFE = levels.length − 1. Source: Song et al. 2021, Eq. 12 and 16. The same step is Euler's method for the probability
 * flow in sigma / alpha (k-diffusion's "Euler") and for flow matching in t ("FlowMatchEuler"): with eta 0 this is all three.
 * A yielded value is lent until the next pull; the last one pulled is yours. xT stays the caller's.
 *
 * @param levels noisy to clean, at least two; alpha may be 0 in the first, sigma in the last.
 * @throws RangeError on the first pull when the levels do not fall or an option is out of range; ModelAnswerError on the step where it happens.
 */
export async function* ddim<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 0, noiseScale = 1, ...run }: DdimOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireOption('ddim', 'eta', eta, 0, 1);
  requireOption('ddim', 'noiseScale', noiseScale, 0);
  const steps = fallingSteps('ddim', levels);
  yield* walk({ name: 'ddim', space, denoise, xT, steps, ...run }, async ({ xt, from, to, predict, combine, noise }) => {
    const { keepXt, addX0, addNoise } = ancestralWeights(from, to, eta);
    return combine([keepXt, xt], [addX0, await predict(xt, from)], ...noise(noiseScale * addNoise));
  });
}

/** Sample by DDPM, "Euler ancestral" ("Euler a") elsewhere: DDIM with all of the fresh noise. Source: Ho et al. 2020, Algorithm 2, with the lower variance. */
export const ancestral = <T>(space: VectorSpace<T>, denoise: Denoiser<T>, xT: T, levels: readonly NoiseLevel[], run: RunOptions<T> = {}) =>
  ddim(space, denoise, xT, levels, { ...run, eta: 1 });
