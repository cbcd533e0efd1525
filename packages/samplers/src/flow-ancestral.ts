import type { NoiseLevel } from '@tract/schedules';
import type { DdimOptions } from './ddim.js';
import type { Denoiser } from './denoiser.js';
import { fallingSteps, requireNoise } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { walk } from './walk.js';

/**
 * Sample flow matching by "Euler ancestral": step past the end, to sigma·(1 + (sigma / from.sigma − 1)·eta), then noise up to it; NFE = levels.length − 1.
 * Default: eta 1. `ancestral` is the other way of that name, with DDPM's noise. Source: ComfyUI's and LTX-Video's rectified-flow form. Yields as `ddim` does.
 *
 * @param levels of flow matching, alpha + sigma = 1.
 * @throws RangeError as `ddim` does.
 */
export async function* flowAncestral<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  { eta = 1, noiseScale = 1, ...run }: DdimOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  requireNoise('flowAncestral', eta, noiseScale);
  const steps = fallingSteps('flowAncestral', levels);
  yield* walk({ name: 'flowAncestral', space, denoise, xT, steps, ...run }, async ({ xt, from, to, predict, combine, noise }) => {
    const size = to.alpha + to.sigma; // 1 in flow matching; other levels are scaled to it
    const [end, start] = [to.sigma / size, from.sigma / (from.alpha + from.sigma)];
    const down = end * (1 + (end / start - 1) * eta);
    const up = (1 - end) / (1 - down);
    const keep = (size * up * down) / from.sigma;
    const addNoise = size * Math.sqrt(Math.max(0, end ** 2 - (up * down) ** 2));
    return combine([keep, xt], [to.alpha - from.alpha * keep, await predict(xt, from)], ...noise(noiseScale * addNoise));
  });
}
