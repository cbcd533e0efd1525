import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { requireOption, risingSteps } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type InversionOptions<T> = RunOptions<T> & {
  /** Keep each element of x0 within ± this; the noise stays as the model sees it. Default: no limit. */
  readonly clamp?: number;
};

/**
 * Take an image back to the noise that DDIM makes it from ("DDIM inversion"): x at the next level is alpha·x0 + sigma·eps with the noise that the model sees in
 * x at that level; NFE = levels.length − 1. Source: Dhariwal & Nichol 2021, Appendix F; Mokady et al. 2023. Yields as `ddim` does.
 *
 * @param levels clean to noisy, at least two; sigma may be 0 in the first, alpha in none.
 * @throws RangeError on the first pull when the levels do not rise or the last has no signal.
 */
export async function* ddimInversion<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  x0: T,
  levels: readonly NoiseLevel[],
  { clamp = Infinity, ...run }: InversionOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireOption('ddimInversion', 'clamp', clamp, 0);
  const steps = risingSteps('ddimInversion', levels);
  yield* walk({ name: 'ddimInversion', space, denoise, xT: x0, steps, ...run }, async ({ xt, from, to, predict, combine, own }) => {
    const eps = combine([1 / to.sigma, xt], [-to.alpha / to.sigma, await predict(xt, to)]);
    const here = combine([1 / from.alpha, xt], [-from.sigma / from.alpha, eps]);
    return combine([to.alpha, clamp === Infinity ? here : own(space.clamp(here, -clamp, clamp))], [to.sigma, eps]);
  });
}
