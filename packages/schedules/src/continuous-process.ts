import type { NoiseLevel } from './noise-level.js';

/**
 * A noising process in continuous time: xt = alpha(t)·x0 + sigma(t)·eps. Source: Karras et al. 2022, Eq. 2 to 4 and Table 1, where s is alpha and sigma
 * is `ratio`.
 */
export type ContinuousProcess = {
  readonly level: (t: number) => NoiseLevel;
  /** Time derivatives of alpha and sigma. */
  readonly rate: (t: number) => { readonly alpha: number; readonly sigma: number };
  /** sigma / alpha; Infinity where nothing is left of the signal. */
  readonly ratio: (t: number) => number;
  /** The time of a ratio. */
  readonly timeOf: (ratio: number) => number;
};

/** EDM: alpha = 1, sigma = t. */
export const edmProcess: ContinuousProcess = {
  level: (t) => ({ alpha: 1, sigma: t }),
  rate: () => ({ alpha: 0, sigma: 1 }),
  ratio: (t) => t,
  timeOf: (ratio) => ratio,
};

/** Variance exploding: alpha = 1, sigma = √t. */
export const veProcess: ContinuousProcess = {
  level: (t) => ({ alpha: 1, sigma: Math.sqrt(t) }),
  rate: (t) => ({ alpha: 0, sigma: 0.5 / Math.sqrt(t) }),
  ratio: Math.sqrt,
  timeOf: (ratio) => ratio ** 2,
};

/** Flow matching, rectified flow: alpha = 1 − t, sigma = t. Source: Lipman et al. 2023; Liu et al. 2023. */
export const flowProcess: ContinuousProcess = {
  level: (t) => ({ alpha: 1 - t, sigma: t }),
  rate: () => ({ alpha: -1, sigma: 1 }),
  ratio: (t) => t / (1 - t),
  timeOf: (ratio) => (ratio === Number.POSITIVE_INFINITY ? 1 : ratio / (1 + ratio)),
};

/**
 * Variance preserving with beta(t) = betaMin + betaRange·t: (sigma / alpha)² = exp(betaRange·t²/2 + betaMin·t) − 1.
 * The continuous form of DDPM's linear schedule is betaRange 19.9, betaMin 0.1.
 *
 * @throws RangeError unless betaRange and betaMin are > 0.
 */
export function linearBetaProcess({ betaRange = 19.9, betaMin = 0.1 } = {}): ContinuousProcess {
  if (!(betaRange > 0 && betaMin > 0)) {
    throw new RangeError(`linearBetaProcess: betaRange and betaMin must be > 0, got ${betaRange} and ${betaMin}`);
  }
  const ratio = (t: number) => Math.sqrt(Math.expm1((betaRange / 2) * t ** 2 + betaMin * t));
  const level = (t: number) => {
    const alpha = 1 / Math.sqrt(1 + ratio(t) ** 2);
    return { alpha, sigma: alpha * ratio(t) };
  };
  return {
    ...{ ratio, level },
    rate: (t) => {
      const { alpha, sigma } = level(t);
      const half = 0.5 * (betaMin + betaRange * t);
      return { alpha: -half * alpha, sigma: (half * alpha ** 2) / sigma };
    },
    timeOf: (s) => (Math.sqrt(betaMin ** 2 + 2 * betaRange * Math.log1p(s ** 2)) - betaMin) / betaRange,
  };
}

/** The VP process whose sigma / alpha is sigmaMin at t = minTime and sigmaMax at t = 1. */
export function linearBetaThrough(sigmaMin: number, sigmaMax: number, minTime = 1e-3): ContinuousProcess {
  const [low, high] = [Math.log1p(sigmaMin ** 2), Math.log1p(sigmaMax ** 2)];
  const betaRange = (2 * (low / minTime - high)) / (minTime - 1);
  return linearBetaProcess({ betaRange, betaMin: high - betaRange / 2 });
}
