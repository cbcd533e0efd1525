import type { NoiseLevel } from './noise-level.js';
import { timeGrid } from './time-grid.js';

/** The level of flow matching (rectified flow) at t in [0, 1]: alpha = 1 − t, sigma = t. */
export const flowLevel = (t: number): NoiseLevel => ({ alpha: 1 - t, sigma: t });

/** Move times of flow matching to the noisy side: shift·t / (1 + (shift − 1)·t), which multiplies sigma / alpha by `shift`. Source: Esser et al. 2024 (SD3), Eq. 23. */
export const shiftTime = (t: number, shift: number): number => (shift * t) / (1 + (shift - 1) * t);

/**
 * The shift for an image of so many tokens (latent pixels / 4 in SD3 and FLUX): exp(mu), mu linear in the tokens between two anchors.
 * Defaults: FLUX.1's, mu 0.5 at 256 and 1.15 at 4096 tokens. Source: Esser et al. 2024; Black Forest Labs 2024.
 */
export function resolutionShift(tokens: number, { baseTokens = 256, maxTokens = 4096, baseShift = 0.5, maxShift = 1.15 } = {}): number {
  return Math.exp(baseShift + ((tokens - baseTokens) * (maxShift - baseShift)) / (maxTokens - baseTokens));
}

/**
 * The steps + 1 levels of flow matching from pure noise (alpha 0) to data, at equal distances in t before the shift.
 *
 * @param shift 1 in the plain form, 3 in SD3, 1.15 to 3.16 in FLUX by the resolution. Must be > 0.
 * @throws RangeError when steps is not a whole number ≥ 1 or shift is not > 0.
 */
export function flowGrid(steps: number, { shift = 1 }: { readonly shift?: number } = {}): NoiseLevel[] {
  if (!(shift > 0)) throw new RangeError(`flowGrid: shift must be > 0, got ${shift}`);
  return timeGrid(steps).map((t) => flowLevel(shiftTime(t, shift)));
}

/**
 * The levels of an image-to-image run: the last ones, for the part `strength` in [0, 1] of the steps. Start from alpha·x0 + noise of the first.
 *
 * @throws RangeError when strength is not in [0, 1] or leaves no step.
 */
export function startByStrength(levels: readonly NoiseLevel[], strength: number): NoiseLevel[] {
  const steps = levels.length - 1;
  const kept = Math.min(Math.floor(steps * strength), steps);
  if (!(strength >= 0 && strength <= 1 && kept >= 1))
    throw new RangeError(`startByStrength: strength must be in [0, 1] and leave one of ${steps} steps, got ${strength}`);
  return levels.slice(steps - kept);
}
