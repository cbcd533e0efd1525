import { type DdpmRule, ddpmSigmas, timestepOf } from './ddpm-sigmas.js';
import type { Preconditioning } from './preconditioning.js';

export type DdpmSettings = DdpmRule & {
  /** Prediction of F. Default: 'eps'. */
  readonly predicts?: 'eps' | 'v' | 'x0';
};

/**
 * DDPM: F sees the variance preserving image x / √(1 + sigma²), predicts eps, v = alpha·eps − sigma·x0 or x0 of it, and is conditioned on the training step that
 * has this sigma: between two steps by ln sigma, beyond the ends the end. Source: Ho et al. 2020, in the form of Karras et al. 2022, Eq. 7.
 *
 * @throws RangeError as `ddpmSigmas` does, or when `predicts` is not known.
 */
export function ddpmPreconditioning({ predicts = 'eps', ...betas }: DdpmSettings = {}): Preconditioning {
  const sigmas = ddpmSigmas(betas);
  const scales = {
    eps: (sigma: number) => ({ cSkip: 1, cOut: -sigma }),
    v: (sigma: number) => ({ cSkip: 1 / (1 + sigma ** 2), cOut: -sigma / Math.hypot(1, sigma) }),
    x0: () => ({ cSkip: 0, cOut: 1 }),
  };
  if (!Object.hasOwn(scales, predicts))
    throw new RangeError(`ddpmPreconditioning: predicts must be one of ${Object.keys(scales).join(', ')}, got ${predicts}`);
  return (sigma) => {
    if (!(sigma > 0 && Number.isFinite(sigma))) throw new RangeError(`ddpmPreconditioning: sigma must be > 0 and finite, got ${sigma}`);
    return { ...scales[predicts](sigma), cIn: 1 / Math.hypot(1, sigma), cNoise: timestepOf(sigmas, sigma) };
  };
}
