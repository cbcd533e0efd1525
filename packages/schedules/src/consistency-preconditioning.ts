import type { Preconditioning } from './preconditioning.js';

export type ConsistencySettings = {
  /** Standard deviation of the data. Default 0.5. */
  readonly sigmaData?: number;
  /** The scale at which x is taken for clean. Default 0.002; 0 gives EDM's scales, which the teachers of that code have. */
  readonly sigmaMin?: number;
};

/**
 * Consistency: EDM's scales, moved so that D(x; sigmaMin) = x, and F is conditioned on 250 ln(sigma). Source: Song et al. 2023, Appendix C, with the factor of
 * their published code.
 *
 * @throws RangeError when sigmaData is not > 0 or sigmaMin not ≥ 0.
 */
export function consistencyPreconditioning({ sigmaData = 0.5, sigmaMin = 0.002 }: ConsistencySettings = {}): Preconditioning {
  if (!(sigmaData > 0 && sigmaMin >= 0))
    throw new RangeError(`consistencyPreconditioning: needs sigmaData > 0 and sigmaMin >= 0, got ${sigmaData} and ${sigmaMin}`);
  return (sigma) => {
    if (!(sigma > 0 && Number.isFinite(sigma)))
      throw new RangeError(`consistencyPreconditioning: sigma must be > 0 and finite, got ${sigma}`);
    const [total, beyond] = [Math.hypot(sigma, sigmaData), sigma - sigmaMin];
    return {
      cSkip: sigmaData ** 2 / (beyond ** 2 + sigmaData ** 2),
      cOut: (sigmaData * beyond) / total,
      cIn: 1 / total,
      cNoise: 250 * Math.log(sigma),
    };
  };
}
