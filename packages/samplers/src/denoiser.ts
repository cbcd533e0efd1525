import type { NoiseLevel } from '@tract/schedules';
import type { VectorSpace } from './vector-space.js';

/** A model as samplers see it: noisy image and its level → the predicted clean image x0, a new T that the caller owns. */
export type Denoiser<T> = (xt: T, level: NoiseLevel) => T | Promise<T>;

/** The same denoiser with each x0 kept within [low, high]: what the step itself must not do, so that it stays linear. */
export function clampedDenoiser<T>(space: VectorSpace<T>, denoise: Denoiser<T>, low = -1, high = 1): Denoiser<T> {
  return async (xt, level) => {
    const x0 = await denoise(xt, level);
    const clamped = space.clamp(x0, low, high);
    space.dispose?.(x0);
    return clamped;
  };
}
