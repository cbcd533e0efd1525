import { linearBetaProcess } from './continuous-process.js';
import { cosineBetween, type LogSNRRange } from './cosine-schedule.js';
import { type NoiseLevel, vpLevel } from './noise-level.js';

/**
 * The steps + 1 times of a sampler that takes `steps` equal steps: 1, …, 2/steps, 1/steps, 0.
 *
 * @throws RangeError when steps is not a whole number ≥ 1.
 */
export function timeGrid(steps: number): number[] {
  requireSteps('timeGrid: steps', steps);
  return Array.from({ length: steps + 1 }, (_, i) => (steps - i) / steps);
}

/** The steps + 1 variance preserving levels of the cosine schedule from t = 1 (noise) down to t = 0 (clean). */
export const vpGrid = (steps: number): NoiseLevel[] => timeGrid(steps).map((t) => vpLevel(cosineBetween(t, -20, 20)));

/**
 * The same of the linear-beta schedule, DDPM's in continuous time; the last level has no noise.
 *
 * @throws RangeError as `linearBetaProcess` does, or when steps is not a whole number ≥ 1.
 */
export function linearBetaGrid(steps: number, betas?: { readonly betaRange?: number; readonly betaMin?: number }): NoiseLevel[] {
  const { level } = linearBetaProcess(betas);
  return timeGrid(steps).map(level);
}

/** The steps + 1 variance preserving levels at equal distances in logSNR, from `min` (noise) to `max`. Source: Lu et al. 2022, whose solvers they suit. */
export function logSNRGrid(steps: number, { min = -20, max = 20 }: LogSNRRange = {}): NoiseLevel[] {
  if (!(min < max)) throw new RangeError(`logSNRGrid: needs min < max, got ${min} and ${max}`);
  return timeGrid(steps).map((t) => vpLevel(max + t * (min - max)));
}

/**
 * Check a number of steps before a grid is made: a sampler needs at least one, and a file that says more than a million is not believed.
 * @throws RangeError, which names what it is: 'timeGrid: steps'.
 */
export function requireSteps(what: string, steps: number, least = 1): void {
  if (!(Number.isInteger(steps) && steps >= least && steps <= 1e6))
    throw new RangeError(`${what} must be a whole number from ${least} to 1000000, got ${steps}`);
}
