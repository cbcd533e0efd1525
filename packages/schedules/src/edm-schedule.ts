import type { NoiseLevel } from './noise-level.js';
import { power } from './power.js';
import { requireSteps } from './time-grid.js';

export type EdmRange = { readonly sigmaMin?: number; readonly sigmaMax?: number; readonly rho?: number };

/**
 * The steps + 1 noise scales of a sampler with `steps` steps, falling: sigmaMax, …, sigmaMin, 0, equally spaced in sigma^(1/rho) but for the 0.
 * Source: Karras et al. 2022, Eq. 5. One step alone goes from sigmaMax to 0.
 *
 * @throws RangeError when steps is not a whole number ≥ 1, or not 0 < sigmaMin < sigmaMax, or rho is not > 0.
 */
export function edmSigmas(steps: number, { sigmaMin = 0.002, sigmaMax = 80, rho = 7 }: EdmRange = {}): number[] {
  requireSteps('edmSigmas: steps', steps);
  if (!(sigmaMin > 0 && sigmaMin < sigmaMax && rho > 0)) {
    throw new RangeError(`edmSigmas: needs 0 < sigmaMin < sigmaMax and 0 < rho, got ${sigmaMin}, ${sigmaMax}, ${rho}`);
  }
  const high = power(sigmaMax, 1 / rho);
  const low = power(sigmaMin, 1 / rho);
  const sigmas = Array.from({ length: steps }, (_, i) => power(high + (i / (steps - 1 || 1)) * (low - high), rho));
  return [...sigmas, 0];
}

/** Return the noise scales of EDM's schedule as levels of the variance exploding process: alpha = 1. */
export const edmGrid = (steps: number, range?: EdmRange): NoiseLevel[] => edmSigmas(steps, range).map((sigma) => ({ alpha: 1, sigma }));
