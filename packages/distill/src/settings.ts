import { momentumFromResidual } from '@tract/optim';

/** How slow a weight average is: its momentum, the updates after which a weight counts half, or the share of the start that is left after the updates it spans. */
export type Averaging = { readonly momentum: number } | { readonly halfLife: number } | { readonly residual: number };

/** The momentum of an average that spans so many updates. @throws RangeError when it is outside [0, 1] or the residual outside (0, 1). */
export function momentumOf(averaging: Averaging, updates: number): number {
  if ('halfLife' in averaging) {
    if (!(averaging.halfLife > 0)) throw new RangeError(`ema: halfLife must be > 0 updates, got ${averaging.halfLife}`);
    return 2 ** (-1 / averaging.halfLife);
  }
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
