import { emaRate, momentumFromHalfLife, momentumFromResidual, rampedEmaRate } from '@tract/optim';

/**
 * How slow a weight average is: its momentum, the updates after which a weight counts half, or the share of the start that is left after the updates it
 * spans. With `rampUp` the half-life grows with the updates done, times that number, until it is reached; without it all are bias-corrected.
 */
export type Averaging =
  | { readonly momentum: number }
  | { readonly halfLife: number; readonly rampUp?: number }
  | { readonly residual: number };

/** A weight average: its momentum in the end, and how far its n-th update, counted from 1, moves it. */
export type Average = { readonly momentum: number; readonly rate: (updates: number) => number };

/** The average that spans so many updates. @throws RangeError when a number of it is out of range. */
export function averageOf(averaging: Averaging, updates: number): Average {
  const momentum = momentumOf(averaging, updates);
  if (!('halfLife' in averaging) || averaging.rampUp === undefined) return { momentum, rate: (update) => emaRate(momentum, update) };
  const { halfLife, rampUp } = averaging;
  rampedEmaRate(halfLife, rampUp, 1); // which refuses what is out of range now, not at the first update
  return { momentum, rate: (update) => rampedEmaRate(halfLife, rampUp, update) };
}

function momentumOf(averaging: Averaging, updates: number): number {
  if ('halfLife' in averaging) return momentumFromHalfLife(averaging.halfLife);
  return 'residual' in averaging ? momentumFromResidual(averaging.residual, updates) : requireMomentum('ema', averaging.momentum);
}

export function requireMomentum(name: string, momentum: number): number {
  if (!(momentum >= 0 && momentum <= 1)) throw new RangeError(`${name}: momentum must be in [0, 1], got ${momentum}`);
  return momentum;
}

/** Checks the numbers that each update takes. */
export function requireRates(name: string, { learningRate, clipNorm }: { readonly learningRate: number; readonly clipNorm: number }): void {
  if (!(learningRate >= 0 && Number.isFinite(learningRate))) throw new RangeError(`${name}: learningRate must be ≥ 0, got ${learningRate}`);
  if (!(clipNorm >= 0)) throw new RangeError(`${name}: clipNorm must be ≥ 0 (0 does not clip), got ${clipNorm}`);
}
