import { power } from '@tract/schedules';
/**
 * Return how far an exponential moving average moves towards the new value at its `updates`-th update (1-based), bias-corrected:
 * average += (value − average)·rate with rate = (1 − mu) / (1 − mu^updates). The first rate is 1: whatever the average was before is gone.
 * Source: Berthelot et al. 2023 (TRACT), section on EMA; the same correction as Adam's.
 *
 * @param momentum mu in [0, 1]. At 1 the limit is taken: 1 / updates, the plain mean.
 * @throws RangeError when momentum is outside [0, 1] or updates is not a whole number ≥ 1.
 */
export function emaRate(momentum: number, updates: number): number {
  if (!(momentum >= 0 && momentum <= 1)) throw new RangeError(`emaRate: momentum must be in [0, 1], got ${momentum}`);
  if (!(Number.isInteger(updates) && updates >= 1)) throw new RangeError(`emaRate: updates must be a whole number ≥ 1, got ${updates}`);
  if (momentum === 1) return 1 / updates;
  // Near 1 both differences cancel; expm1 keeps the digits of the lower one.
  return momentum === 0 ? 1 : (1 - momentum) / -Math.expm1(updates * Math.log(momentum));
}

/**
 * Return how far an average moves at its `updates`-th update (1-based) when its half-life grows with the training: after n updates it is min(halfLife, rampUp·n).
 * It then forgets its start by itself and needs no correction of bias; the first rate is 1. Source: Karras et al. 2022, published training code.
 *
 * @param halfLife in updates, > 0.
 * @param rampUp > 0; 0.05 in the source.
 * @throws RangeError when halfLife or rampUp is not > 0, or updates is not a whole number ≥ 1.
 */
export function rampedEmaRate(halfLife: number, rampUp: number, updates: number): number {
  if (!(halfLife > 0 && rampUp > 0)) throw new RangeError(`rampedEmaRate: halfLife and rampUp must be > 0, got ${halfLife} and ${rampUp}`);
  if (!(Number.isInteger(updates) && updates >= 1))
    throw new RangeError(`rampedEmaRate: updates must be a whole number ≥ 1, got ${updates}`);
  return -Math.expm1(-Math.LN2 / Math.min(halfLife, rampUp * (updates - 1)));
}

/**
 * The momentum with which the value at the start keeps the share `residual` after `updates` updates: residual^(1/updates).
 * Source: TRACT's rule for the sampling average; its code uses residual 1e-3 over the updates of one phase.
 *
 * @param updates > 0, need not be whole.
 * @throws RangeError when residual is outside (0, 1) or updates is not > 0.
 */
export function momentumFromResidual(residual: number, updates: number): number {
  if (!(residual > 0 && residual < 1)) throw new RangeError(`momentumFromResidual: residual must be in (0, 1), got ${residual}`);
  if (!(updates > 0)) throw new RangeError(`momentumFromResidual: updates must be > 0, got ${updates}`);
  return power(residual, 1 / updates);
}

/**
 * The momentum with which a value keeps half its share after `halfLife` updates: 0.5^(1/halfLife).
 *
 * @param halfLife in updates, > 0, need not be whole; in images, divide by the batch size first.
 * @throws RangeError when halfLife is not > 0.
 */
export function momentumFromHalfLife(halfLife: number): number {
  if (!(halfLife > 0)) throw new RangeError(`momentumFromHalfLife: halfLife must be > 0 updates, got ${halfLife}`);
  return power(0.5, 1 / halfLife);
}
