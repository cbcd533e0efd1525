import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import type { VectorSpace } from './vector-space.js';

/**
 * Make x0 predictions those of a latent consistency model (LCM): cSkip·xt + cOut·x0 with s = timestepScaling · timestep, cSkip = sd² / (s² + sd²),
 * cOut = s / √(s² + sd²), so that nothing changes at timestep 0. LCM sampling is `multistepConsistency` with it. Source: Luo et al. 2023.
 *
 * @param timestepOf training step of a level. Defaults: timestepScaling 10, sigmaData 0.5, as published.
 */
export function lcmDenoiser<T>(
  space: VectorSpace<T>,
  denoise: Denoiser<T>,
  timestepOf: (level: NoiseLevel) => number,
  { timestepScaling = 10, sigmaData = 0.5 } = {},
): Denoiser<T> {
  return async (xt, level, call) => {
    const x0 = await denoise(xt, level, call);
    const scaled = timestepScaling * timestepOf(level);
    const total = Math.hypot(scaled, sigmaData);
    try {
      return space.combine([
        [(sigmaData / total) ** 2, xt],
        [scaled / total, x0],
      ]);
    } finally {
      space.dispose?.(x0);
    }
  };
}
