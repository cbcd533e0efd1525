import { type FeatureRows, featureRows, rowsAt } from './feature-rows.js';
import { type FeatureStatistics, featureStatistics } from './feature-statistics.js';
import { frechetDistance } from './frechet-distance.js';
import { randomSubset } from './random-subset.js';

/** A distance as it would come out with another number of samples, with what it was worked out from. */
export type ExtrapolatedFrechet = {
  /** At `count` samples. */
  readonly distance: number;
  readonly count: number;
  /** Distance with the samples at hand. */
  readonly measured: number;
  /** Distance with each random half of them, ascending. */
  readonly halves: readonly number[];
};

/**
 * Estimate the Fréchet distance that `count` samples would have from `reference`, given k of them, by the law FID_n = FID_∞ + c / n and the median over random
 * halves: FID_k + (median FID_k/2 - FID_k)·(k / n - 1). Source: the program of Berthelot et al. 2023, with n = 50,000 and five halves.
 * @param features of the samples, [k, d]
 * @throws RangeError for fewer than four samples, features that do not fit `reference`, or numbers that are not integers ≥ 1.
 */
export function extrapolateFrechet(
  features: Float32Array | Float64Array,
  reference: FeatureStatistics,
  { count = 50_000, halves = 5, seed = 0 }: { readonly count?: number; readonly halves?: number; readonly seed?: number } = {},
): ExtrapolatedFrechet {
  const rows = featureRows('extrapolateFrechet', features, reference.mean.length);
  if (rows.count < 4) throw new RangeError(`extrapolateFrechet: expected at least 4 samples, got ${rows.count}`);
  for (const [name, value] of Object.entries({ count, halves })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`extrapolateFrechet: ${name} must be an integer ≥ 1, got ${value}`);
  }
  const measured = distanceOf(rows, reference);
  const half = Math.floor(rows.count / 2);
  const distances = Array.from({ length: halves }, (_, step) =>
    distanceOf(rowsAt(rows, randomSubset(rows.count, half, { seed, step })), reference),
  ).sort((a, b) => a - b);
  const distance = measured + (median(distances) - measured) * (rows.count / count - 1);
  return { distance, count, measured, halves: distances };
}

/** The line FID_n = distance + slope / n through distances at several numbers of samples. */
export type FrechetAtInfinity = {
  readonly distance: number;
  readonly slope: number;
  readonly points: readonly { readonly count: number; readonly distance: number }[];
};

/**
 * Return the Fréchet distance from `reference` that infinitely many samples would have: the least-squares line over 1 / n through the distances of random
 * subsets, `points` of them, their sizes evenly spaced from `fewest` to all. Default of `fewest`: a tenth of the samples, but at least the number of features
 * and at most half of the samples. Source: Chong & Forsyth 2020, "Effectively unbiased FID and Inception Score and where to find them".
 * @throws RangeError for sizes that cannot be or features that do not fit `reference`.
 */
export function frechetAtInfinity(
  features: Float32Array | Float64Array,
  reference: FeatureStatistics,
  { points = 15, fewest, seed = 0 }: { readonly points?: number; readonly fewest?: number; readonly seed?: number } = {},
): FrechetAtInfinity {
  const rows = featureRows('frechetAtInfinity', features, reference.mean.length);
  const half = Math.floor(rows.count / 2);
  const first = fewest ?? Math.min(half, Math.max(Math.floor(rows.count / 10), rows.dimensions));
  if (!(Number.isInteger(points) && points >= 2)) throw new RangeError(`frechetAtInfinity: points must be an integer ≥ 2, got ${points}`);
  if (!(Number.isInteger(first) && first >= 2 && first < rows.count)) {
    throw new RangeError(`frechetAtInfinity: fewest must be from 2 to one less than the ${rows.count} samples, got ${first}`);
  }
  const measured = Array.from({ length: points }, (_, step) => {
    const count = Math.round(first + ((rows.count - first) * step) / (points - 1));
    return { count, distance: distanceOf(rowsAt(rows, randomSubset(rows.count, count, { seed, step })), reference) };
  });
  return { ...lineOverInverse(measured), points: measured };
}

const distanceOf = ({ values, dimensions }: FeatureRows, reference: FeatureStatistics): number =>
  frechetDistance(featureStatistics(values, dimensions), reference);

function median(ascending: readonly number[]): number {
  const middle = (ascending.length - 1) / 2;
  return (ascending[Math.floor(middle)] + ascending[Math.ceil(middle)]) / 2;
}

function lineOverInverse(points: FrechetAtInfinity['points']): { readonly distance: number; readonly slope: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const inverse = mean(points.map(({ count }) => 1 / count));
  const height = mean(points.map(({ distance }) => distance));
  const covariance = mean(points.map(({ count, distance }) => (1 / count - inverse) * (distance - height)));
  const slope = covariance / mean(points.map(({ count }) => (1 / count - inverse) ** 2));
  return { distance: height - slope * inverse, slope };
}
