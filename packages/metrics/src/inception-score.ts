import { requireFinite } from './feature-statistics.js';
import { meanAndDeviation } from './mean-and-deviation.js';
import { randomSubset } from './random-subset.js';

export type InceptionScoreOptions = {
  /** Parts that are scored by themselves. Default: 10. */
  readonly splits?: number;
  /** Shuffles the images before they are split, so that images sorted by class score right; as they come without it. */
  readonly seed?: number;
};

/** Mean and standard deviation over the splits. */
export type InceptionScore = { readonly mean: number; readonly std: number; readonly splits: number };

/**
 * Inception Score exp(E KL(p(y|x) ‖ p(y))) of class probabilities [n, classes], whose rows sum to 1. Split s takes the images from n·s / splits on.
 * Source: Salimans et al. 2016.
 * @throws RangeError when the probabilities are no finite rows, a row is no distribution, or there are fewer images than splits.
 */
export function inceptionScore(
  probabilities: Float32Array | Float64Array,
  classes: number,
  { splits = 10, seed }: InceptionScoreOptions = {},
): InceptionScore {
  const count = probabilities.length / classes;
  if (!(Number.isInteger(count) && count > 0 && classes > 0)) {
    throw new RangeError(`inceptionScore: ${probabilities.length} numbers are not rows of ${classes} probabilities`);
  }
  if (!(Number.isInteger(splits) && splits >= 1 && splits <= count)) {
    throw new RangeError(`inceptionScore: splits must be an integer from 1 to the ${count} images, got ${splits}`);
  }
  requireDistributions(probabilities, classes);
  const order = seed === undefined ? Uint32Array.from({ length: count }, (_, i) => i) : randomSubset(count, count, { seed, step: 0 });
  const scores = Float64Array.from({ length: splits }, (_, s) => {
    const places = order.subarray(Math.floor((s * count) / splits), Math.floor(((s + 1) * count) / splits));
    return scoreOf(probabilities, classes, places);
  });
  return { ...meanAndDeviation(scores), splits };
}

/** Class probabilities from scores before softmax, [n, classes], in float64. @throws RangeError for a score that is not finite. */
export function softmaxRows(scores: Float32Array | Float64Array, classes: number): Float64Array {
  requireFinite('softmaxRows: score', scores);
  const probabilities = Float64Array.from(scores);
  for (let row = 0; row < probabilities.length; row += classes) {
    const values = probabilities.subarray(row, row + classes);
    const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let c = 0; c < classes; c++) {
      values[c] = Math.exp(values[c] - largest);
      total += values[c];
    }
    for (let c = 0; c < classes; c++) values[c] /= total;
  }
  return probabilities;
}

function requireDistributions(probabilities: Float32Array | Float64Array, classes: number): void {
  requireFinite('inceptionScore: probability', probabilities);
  for (let row = 0; row < probabilities.length; row += classes) {
    let total = 0;
    for (let c = 0; c < classes; c++) total += probabilities[row + c] < 0 ? Number.NaN : probabilities[row + c];
    // float32 probabilities of a thousand classes sum to 1 within 1e-4
    if (!(Math.abs(total - 1) < 1e-3)) {
      throw new RangeError(`inceptionScore: row ${row / classes} must be probabilities that sum to 1, but sums to ${total}`);
    }
  }
}

function scoreOf(probabilities: Float32Array | Float64Array, classes: number, places: Uint32Array): number {
  const mean = new Float64Array(classes);
  let entropy = 0;
  for (const place of places) {
    for (let c = 0; c < classes; c++) {
      const p = probabilities[place * classes + c];
      mean[c] += p / places.length;
      if (p > 0) entropy += p * Math.log(p);
    }
  }
  return Math.exp(entropy / places.length - mean.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0));
}
