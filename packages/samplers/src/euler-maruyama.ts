import type { ContinuousProcess } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { requireTimes, stepsWithSignal } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

export type EulerMaruyamaOptions<T> = RunOptions<T> & {
  /** Width in time that each step has, whatever the next time is. Default: to the next time. */
  readonly width?: number;
};

/**
 * Sample by Euler–Maruyama's method for the reverse SDE of a process ("ScoreSdeVp" with `linearBetaProcess`); NFE = times.length − 1. Step i takes noise i of
 * the space. dx = (f·x − g²·score) dt + g dw with f = alpha'/alpha, g² = 2·sigma·(sigma' − f·sigma), score = (alpha·x0 − x) / sigma².
 * Source: Song et al. 2021 (score SDE), Eq. 6. Yields as `ddim` does.
 *
 * @param times falling, at least two, the last above 0: the step's noise stays in the image.
 * @throws RangeError on the first pull when the levels of the times do not fall.
 */
export async function* eulerMaruyama<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  process: ContinuousProcess,
  times: readonly number[],
  { width, ...run }: EulerMaruyamaOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireTimes('eulerMaruyama', times);
  const steps = stepsWithSignal('eulerMaruyama', times.map(process.level), 'a first time with alpha > 0');
  yield* walk({ name: 'eulerMaruyama', space, denoise, xT, steps, ...run }, async ({ xt, from, index, predict, combine, noise }) => {
    const h = width ?? times[index] - times[index + 1];
    const rate = process.rate(times[index]);
    const f = rate.alpha / from.alpha;
    const spread = 2 * from.sigma * (rate.sigma - f * from.sigma);
    const pull = (h * spread) / from.sigma ** 2;
    return combine([1 - h * f - pull, xt], [pull * from.alpha, await predict(xt, from)], ...noise(Math.sqrt(spread * h)));
  });
}
