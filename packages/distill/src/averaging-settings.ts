import type { Averaging } from './averaging.js';

/** Decay of the sampled average; exactly one of the first three. */
export type AveragingSettings = {
  /** Final weight of the initial value (of a phase, in a distillation): momentum = emaResidual^(1/updates). */
  readonly emaResidual?: number;
  readonly emaMomentum?: number;
  /** Images after which an update counts half. */
  readonly emaHalfLife?: number;
  /** Longest half-life as a fraction of the images seen so far. */
  readonly emaRampUp?: number;
};

/** Return the decay for updates of `batch` images. */
export function averagingOf({ emaResidual, emaMomentum, emaHalfLife, emaRampUp }: AveragingSettings, batch: number): Averaging {
  if (emaHalfLife !== undefined) return { halfLife: emaHalfLife / batch, ...(emaRampUp !== undefined && { rampUp: emaRampUp }) };
  return emaMomentum !== undefined ? { momentum: emaMomentum } : { residual: emaResidual ?? 1e-3 };
}

/** Describe the decay in words. */
export function describeAveraging({ emaResidual, emaMomentum, emaHalfLife, emaRampUp }: AveragingSettings): string {
  if (emaHalfLife !== undefined) return `EMA half-life ${emaHalfLife} images${emaRampUp ? `, at most ${emaRampUp} of those seen` : ''}`;
  return emaMomentum !== undefined ? `EMA momentum ${emaMomentum}` : `EMA residual ${emaResidual}`;
}
