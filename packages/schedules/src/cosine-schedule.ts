import { logSNRToLevel, type NoiseLevel } from './noise-level.js';

/** The ends of a schedule in logSNR: `max` at t = 0 (clean), `min` at t = 1 (noise). */
export type LogSNRRange = { readonly min?: number; readonly max?: number };

/**
 * Cosine schedule: t in [0, 1] (0 is clean) → logSNR, falling from `max` to `min`: −2·ln tan(clean + t·(noisy − clean)).
 * Source: Salimans & Ho 2022, cosine schedule with truncated ends.
 *
 * The two end angles are rounded to float32, because published teachers were trained so: it puts the noisy end of the default range at
 * −20.0011 instead of −20, and students trained on the exact value would see levels that their teacher never saw.
 *
 * @throws RangeError when t is outside [0, 1] or the range does not fall.
 */
export function cosineLogSNR(t: number, { min = -20, max = 20 }: LogSNRRange = {}): number {
  if (!(t >= 0 && t <= 1)) throw new RangeError(`cosineLogSNR: t must be in [0, 1], got ${t}`);
  if (!(min < max)) throw new RangeError(`cosineLogSNR: min must be below max, got min ${min}, max ${max}`);
  return cosineBetween(t, min, max);
}

/** The same, unchecked, for a range that falls and t in it. */
export function cosineBetween(t: number, min: number, max: number): number {
  const clean = endAngle(max);
  const noisy = endAngle(min);
  return -2 * Math.log(Math.tan(clean + t * (noisy - clean)));
}

/** The variance preserving level at time t of the cosine schedule. */
export const cosineLevel = (t: number, range?: LogSNRRange): NoiseLevel => logSNRToLevel(cosineLogSNR(t, range));

const endAngle = (logSNR: number) => Math.fround(Math.atan(Math.fround(Math.exp(-logSNR / 2))));
