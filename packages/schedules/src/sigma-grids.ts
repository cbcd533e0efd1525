import { betaQuantile } from './beta-quantile.js';
import type { EdmRange } from './edm-schedule.js';
import { requireSteps } from './time-grid.js';

/**
 * The steps + 1 noise scales at equal distances in ln sigma, the last 0: the "exponential" schedule; with `rho` other than 1 "polyexponential".
 * Source: k-diffusion.
 *
 * @throws RangeError when steps is not a whole number ≥ 1 or not 0 < sigmaMin < sigmaMax.
 */
export const exponentialSigmas = (steps: number, { sigmaMin = 0.002, sigmaMax = 80, rho = 1 }: EdmRange = {}): number[] =>
  spread('exponentialSigmas', steps, sigmaMin, sigmaMax, (part) => sigmaMin * (sigmaMax / sigmaMin) ** (part ** rho));

/** The same at the quantiles of a beta distribution, Beta(0.6, 0.6) by default: dense at both ends. Source: Lee et al. 2024, on sigma as diffusers has it. */
export const betaSigmas = (
  steps: number,
  { sigmaMin = 0.002, sigmaMax = 80, a = 0.6, b = 0.6 }: EdmRange & { a?: number; b?: number } = {},
): number[] => spread('betaSigmas', steps, sigmaMin, sigmaMax, (part) => sigmaMin + betaQuantile(part, a, b) * (sigmaMax - sigmaMin));

function spread(name: string, steps: number, sigmaMin: number, sigmaMax: number, at: (part: number) => number): number[] {
  requireSteps(`${name}: steps`, steps);
  if (!(sigmaMin > 0 && sigmaMin < sigmaMax))
    throw new RangeError(`${name}: needs 0 < sigmaMin < sigmaMax, got sigmaMin ${sigmaMin}, sigmaMax ${sigmaMax}`);
  return [...Array.from({ length: steps }, (_, i) => at(steps === 1 ? 1 : 1 - i / (steps - 1))), 0];
}
