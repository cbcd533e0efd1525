import type { NoiseLevel } from '@tract/schedules';
import { downStep } from './ancestral-weights.js';
import { levelBetween, middleRatio } from './between.js';
import type { DdimOptions } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { requireNoise, stepsWithSignal } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { walk } from './walk.js';

/**
 * Sample by DPM2, the midpoint method in sigma / alpha with its middle half way in ln sigma, second order; NFE = 2·(levels.length − 1), one less where the last
 * level has no noise. With eta 1 "DPM2 ancestral" ("DPM2 a"). Source: k-diffusion, after DPM-Solver-2 of Lu et al. 2022. Yields as `ddim` does.
 *
 * @param levels noisy to clean, alpha > 0: from alpha = 0 the method has no limit; `dpmSolver2S` has.
 * @throws RangeError as `ddim` does, and for a level with alpha = 0.
 */
export async function* dpm2<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 0, noiseScale = 1, ...run }: DdimOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireNoise('dpm2', eta, noiseScale);
  const steps = stepsWithSignal('dpm2', levels, 'dpmSolver2S or flowHeun');
  yield* walk({ name: 'dpm2', space, denoise, xT, steps, ...run }, async ({ xt, from, to, predict, combine, noise }) => {
    const { down, addNoise } = downStep(from, to, eta);
    const x0 = await predict(xt, from);
    const euler = (level: NoiseLevel) => {
      const keep = level.sigma / from.sigma;
      return combine([keep, xt], [level.alpha - from.alpha * keep, x0]);
    };
    const fresh = noise(noiseScale * addNoise);
    if (down.sigma === 0) return combine([1, euler(down)], ...fresh);
    const ratio = middleRatio(from, down);
    const middle = levelBetween(from, down, ratio);
    const second = await predict(euler(middle), middle);
    const bend = (down.alpha * (down.sigma / down.alpha - from.sigma / from.alpha)) / ratio;
    return combine([bend, x0], [-bend, second], [1, euler(down)], ...fresh);
  });
}

/** Sample by DPM2 ancestral: `dpm2` with eta 1 by default. */
export const dpm2Ancestral = <T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  options: DdimOptions<T> = {},
) => dpm2(space, denoise, xT, levels, { eta: 1, ...options });
