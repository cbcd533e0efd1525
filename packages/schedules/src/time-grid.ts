import { cosineLevel } from './cosine-schedule.js';
import type { NoiseLevel } from './noise-level.js';

/**
 * The steps + 1 times of a sampler that takes `steps` equal steps: 1, …, 2/steps, 1/steps, 0.
 *
 * @throws RangeError when steps is not a whole number ≥ 1.
 */
export function timeGrid(steps: number): number[] {
  requireSteps('timeGrid', steps);
  return Array.from({ length: steps + 1 }, (_, i) => (steps - i) / steps);
}

/** The steps + 1 variance preserving levels of the cosine schedule from t = 1 (noise) down to t = 0 (clean). */
export const vpGrid = (steps: number): NoiseLevel[] => timeGrid(steps).map((t) => cosineLevel(t));

/** Shared by the grids: a sampler needs at least one step. */
export function requireSteps(name: string, steps: number): void {
  if (!(Number.isInteger(steps) && steps >= 1)) throw new RangeError(`${name}: steps must be a whole number ≥ 1, got ${steps}`);
}
