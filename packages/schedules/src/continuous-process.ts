import type { NoiseLevel } from './noise-level.js';

/**
 * A noising process in continuous time: xt = s(t)·(x0 + sigma(t)·eps), with its time derivatives and the time of a sigma.
 * Source: Karras et al. 2022, Eq. 2 to 4 and Table 1. Here `sigma` is the noise of x / s, so the level is { alpha: s, sigma: s·sigma }.
 */
export type ContinuousProcess = {
  readonly sigma: (t: number) => number;
  readonly sigmaRate: (t: number) => number;
  readonly scale: (t: number) => number;
  readonly scaleRate: (t: number) => number;
  readonly timeOf: (sigma: number) => number;
};

/** The level of a process at a time. */
export const levelAt = ({ sigma, scale }: ContinuousProcess, t: number): NoiseLevel => ({ alpha: scale(t), sigma: scale(t) * sigma(t) });

const unscaled = { scale: () => 1, scaleRate: () => 0 };

/** EDM: sigma = t. */
export const edmProcess: ContinuousProcess = { ...unscaled, sigma: (t) => t, sigmaRate: () => 1, timeOf: (sigma) => sigma };

/** Variance exploding: sigma = √t. */
export const veProcess: ContinuousProcess = {
  ...unscaled,
  sigma: Math.sqrt,
  sigmaRate: (t) => 0.5 / Math.sqrt(t),
  timeOf: (sigma) => sigma ** 2,
};

/**
 * Variance preserving with beta(t) = betaMin + betaRange·t: sigma² = exp(betaRange·t²/2 + betaMin·t) − 1, s = 1 / √(1 + sigma²).
 * The continuous form of DDPM's linear schedule is betaRange 19.9, betaMin 0.1.
 *
 * @throws RangeError unless betaRange and betaMin are > 0.
 */
export function linearBetaProcess({ betaRange = 19.9, betaMin = 0.1 } = {}): ContinuousProcess {
  if (!(betaRange > 0 && betaMin > 0)) {
    throw new RangeError(`linearBetaProcess: betaRange and betaMin must be > 0, got ${betaRange} and ${betaMin}`);
  }
  const sigma = (t: number) => Math.sqrt(Math.expm1((betaRange / 2) * t ** 2 + betaMin * t));
  const sigmaRate = (t: number) => 0.5 * (betaMin + betaRange * t) * (sigma(t) + 1 / sigma(t));
  const scale = (t: number) => 1 / Math.sqrt(1 + sigma(t) ** 2);
  return {
    sigma,
    sigmaRate,
    scale,
    scaleRate: (t) => -sigma(t) * sigmaRate(t) * scale(t) ** 3,
    timeOf: (s) => (Math.sqrt(betaMin ** 2 + 2 * betaRange * Math.log1p(s ** 2)) - betaMin) / betaRange,
  };
}

/** The VP process whose sigma is sigmaMin at t = minTime and sigmaMax at t = 1. */
export function linearBetaThrough(sigmaMin: number, sigmaMax: number, minTime = 1e-3): ContinuousProcess {
  const [low, high] = [Math.log1p(sigmaMin ** 2), Math.log1p(sigmaMax ** 2)];
  const betaRange = (2 * (low / minTime - high)) / (minTime - 1);
  return linearBetaProcess({ betaRange, betaMin: high - betaRange / 2 });
}
