import type { Averaging } from './settings.js';

/** How the average that is sampled is taken; exactly one of the first three. */
export type AveragingSettings = {
  /** Weight that the first update still has in the end (of a phase, in a distillation): momentum = emaResidual^(1/updates). */
  readonly emaResidual?: number;
  readonly emaMomentum?: number;
  /** Images after which an update counts half. */
  readonly emaHalfLife?: number;
  /** With a half-life: it is never longer than this share of the images seen so far. */
  readonly emaRampUp?: number;
};

/** The same for updates of so many images. */
export function averagingOf({ emaResidual, emaMomentum, emaHalfLife, emaRampUp }: AveragingSettings, batch: number): Averaging {
  if (emaHalfLife !== undefined) return { halfLife: emaHalfLife / batch, ...(emaRampUp !== undefined && { rampUp: emaRampUp }) };
  return emaMomentum !== undefined ? { momentum: emaMomentum } : { residual: emaResidual ?? 1e-3 };
}

/** The same as words. */
export function describeAveraging({ emaResidual, emaMomentum, emaHalfLife, emaRampUp }: AveragingSettings): string {
  if (emaHalfLife !== undefined) return `EMA half-life ${emaHalfLife} images${emaRampUp ? `, at most ${emaRampUp} of those seen` : ''}`;
  return emaMomentum !== undefined ? `EMA momentum ${emaMomentum}` : `EMA residual ${emaResidual}`;
}
