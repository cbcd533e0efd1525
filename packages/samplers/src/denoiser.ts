import type { NoiseLevel } from '@tract/schedules';
import type { VectorSpace } from './vector-space.js';

/** Position of a model call in a run: step of total, counted from 0, and the signal that may stop it. */
export type ModelCall = { readonly step: number; readonly total: number; readonly signal?: AbortSignal };

/** A model as samplers see it: noisy image and its level → the predicted clean image x0, a new T that the caller owns. */
export type Denoiser<T> = (xt: T, level: NoiseLevel, call?: ModelCall) => T | Promise<T>;

/** Clamp each x0 of a denoiser to [low, high]. Default: [−1, 1]. */
export function clampedDenoiser<T>(space: VectorSpace<T>, denoise: Denoiser<T>, low = -1, high = 1): Denoiser<T> {
  return async (xt, level, call) => {
    const x0 = await denoise(xt, level, call);
    try {
      return space.clamp(x0, low, high);
    } finally {
      space.dispose?.(x0);
    }
  };
}
