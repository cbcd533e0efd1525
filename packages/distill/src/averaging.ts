import { emaRate, momentumFromHalfLife, momentumFromResidual, rampedEmaRate } from '@tract/optim';

/**
 * EMA decay, given as momentum, as half-life in updates, or as the weight left on the initial value after the updates that the average spans. With `rampUp`
 * half-life = min(halfLife, rampUp · updates done); without it averages are bias-corrected.
 */
export type Averaging =
  | { readonly momentum: number }
  | { readonly halfLife: number; readonly rampUp?: number }
  | { readonly residual: number };

/** Weight average: its final momentum, and the rate of its n-th update, counted from 1. */
export type Average = { readonly momentum: number; readonly rate: (updates: number) => number };

/** Resolve the decay of an average that spans so many updates. @throws RangeError when a number of it is out of range. */
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

/** Check a momentum, and give it back. @throws RangeError when it is not in [0, 1]. */
export function requireMomentum(name: string, momentum: number): number {
  if (!(momentum >= 0 && momentum <= 1)) throw new RangeError(`${name}: momentum must be in [0, 1], got ${momentum}`);
  return momentum;
}

/** Check the numbers that each update takes. @throws RangeError when one is out of range. */
export function requireRates(name: string, { learningRate, clipNorm }: { readonly learningRate: number; readonly clipNorm: number }): void {
  if (!(learningRate >= 0 && Number.isFinite(learningRate))) throw new RangeError(`${name}: learningRate must be ≥ 0, got ${learningRate}`);
  if (!(clipNorm >= 0)) throw new RangeError(`${name}: clipNorm must be ≥ 0 (0 does not clip), got ${clipNorm}`);
}
