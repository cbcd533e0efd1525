import { betaQuantile } from './beta-quantile.js';
import { type DdpmBetas, ddpmSigmas } from './ddpm-sigmas.js';
import { type NoiseLevel, ratioLevel } from './noise-level.js';
import { roundHalfEven } from './round-half-even.js';
import { requireSteps } from './time-grid.js';

export type TimestepSpacing = {
  /**
   * 'leading' from 0 upwards in equal whole strides, 'trailing' from the last downwards, 'linspace' both ends (Lin et al. 2023, Table 2);
   * 'simple', 'sgm-uniform' and 'beta' as ComfyUI names them, the last by Lee et al. 2024. Default: 'trailing'.
   */
  readonly spacing?: 'leading' | 'trailing' | 'linspace' | 'simple' | 'sgm-uniform' | 'beta';
  /** Added to each of 'leading' (steps_offset). Default: 0. */
  readonly offset?: number;
  readonly trainingSteps?: number;
};

const spacings: Record<NonNullable<TimestepSpacing['spacing']>, (i: number, steps: number, total: number, offset: number) => number> = {
  leading: (i, steps, total, offset) => (steps - 1 - i) * Math.floor(total / steps) + offset,
  trailing: (i, steps, total) => roundHalfEven(total - i * (total / steps)) - 1,
  linspace: (i, steps, total) => (steps === 1 ? 0 : ((total - 1) * (steps - 1 - i)) / (steps - 1)),
  simple: (i, steps, total) => total - 1 - Math.floor((i * total) / steps),
  'sgm-uniform': (i, steps, total) => (total - 1) * (1 - i / steps),
  beta: (i, steps, total) => roundHalfEven(betaQuantile(1 - i / steps, 0.6, 0.6) * (total - 1)),
};

/**
 * The training steps, noise first, that a sampler of `steps` steps visits.
 *
 * @throws RangeError when steps is not a whole number in [1, trainingSteps] or the spacing is not known.
 */
export function spacedTimesteps(steps: number, { spacing = 'trailing', offset = 0, trainingSteps = 1000 }: TimestepSpacing = {}): number[] {
  requireSteps('spacedTimesteps: steps', steps);
  if (steps > trainingSteps) throw new RangeError(`spacedTimesteps: at most the ${trainingSteps} training steps, got ${steps}`);
  if (!Object.hasOwn(spacings, spacing))
    throw new RangeError(`spacedTimesteps: spacing must be one of ${Object.keys(spacings).join(', ')}, got ${spacing}`);
  return Array.from({ length: steps }, (_, i) => spacings[spacing](i, steps, trainingSteps, offset));
}

/** The noise scale at a training step that need not be whole, linear in sigma between two (`log`: in ln sigma). */
export function sigmaAt(sigmas: readonly number[], timestep: number, log = false): number {
  const low = Math.floor(timestep);
  if (low === timestep || low >= sigmas.length - 1) return sigmas[Math.min(low, sigmas.length - 1)];
  const part = timestep - low;
  return log ? sigmas[low] ** (1 - part) * sigmas[low + 1] ** part : sigmas[low] + part * (sigmas[low + 1] - sigmas[low]);
}

/** The steps + 1 variance preserving levels of a network trained by DDPM (Stable Diffusion: scaled-linear betas from 0.00085 to 0.012), the last without noise. */
export function ddpmGrid(steps: number, { spacing, offset, ...betas }: DdpmBetas & TimestepSpacing = {}): NoiseLevel[] {
  const sigmas = ddpmSigmas(betas);
  const timesteps = spacedTimesteps(steps, { spacing, offset, trainingSteps: sigmas.length });
  return [...timesteps.map((timestep) => ratioLevel(sigmaAt(sigmas, timestep, spacing === 'sgm-uniform'))), { alpha: 1, sigma: 0 }];
}
