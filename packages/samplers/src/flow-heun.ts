import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { heunStep } from './heun-step.js';
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
  yield* walk({ name: 'flowHeun', space, denoise, xT, steps, ...run }, (step) => heunStep(step, step.xt, step.from, step.to, sizeOf));
}

const sizeOf = ({ alpha, sigma }: NoiseLevel): number => alpha + sigma;
