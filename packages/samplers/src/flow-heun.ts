import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { fallingSteps } from './steps.js';
import type { VectorSpace } from './vector-space.js';
import { type RunOptions, walk } from './walk.js';

/**
 * Sample by Heun's method for the flow in t = sigma / (alpha + sigma), second order ("FlowMatchHeun"): on the straight path y = x / (alpha + sigma) =
 * (1 − t)·x0 + t·eps the flow is dy/dt = (y − x0) / t, finite at t = 1, so levels with alpha = 0 are fine. NFE as `heun`. Yields as `ddim` does.
 *
 * @param levels noisy to clean, at least two.
 * @throws RangeError as `ddim` does.
 */
export async function* flowHeun<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  xT: T,
  levels: readonly NoiseLevel[],
  run: RunOptions<T> = {},
): AsyncGenerator<T, void, undefined> {
  const steps = fallingSteps('flowHeun', levels);
  yield* walk({ name: 'flowHeun', space, denoise, xT, steps, ...run }, async ({ xt, from, to, predict, combine }) => {
    const x0 = await predict(xt, from);
    const keep = to.sigma / from.sigma;
    const euler = combine([keep, xt], [to.alpha - from.alpha * keep, x0]);
    if (to.sigma === 0) return euler;
    const size = to.alpha + to.sigma;
    const [t, next] = [from.sigma / (from.alpha + from.sigma), to.sigma / size];
    const bend = (size * (next - t)) / (2 * next);
    return combine([bend, x0], [-bend, await predict(euler, to)], [1, euler]);
  });
}
