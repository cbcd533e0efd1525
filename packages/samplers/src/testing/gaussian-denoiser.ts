import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from '../denoiser.js';
import type { VectorSpace } from '../vector-space.js';

/** The exact denoiser of data N(0, sd²·I): E[x0 | xt] = alpha·sd² / (alpha²·sd² + sigma²)·xt. */
export function gaussianDenoiser<T>(space: VectorSpace<T>, sd: number): Denoiser<T> {
  return (xt, level) => space.combine([[(level.alpha * sd ** 2) / gaussianScale(level, sd) ** 2, xt]]);
}

/** √(alpha²·sd² + sigma²): along the exact deterministic path of that data, xt is in proportion to this. */
export const gaussianScale = ({ alpha, sigma }: NoiseLevel, sd: number): number => Math.hypot(alpha * sd, sigma);
