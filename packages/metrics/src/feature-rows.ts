import { requireFinite } from './feature-statistics.js';

/** A set of feature vectors at hand, in float64: `values` is [count, dimensions], row-major. */
export type FeatureRows = { readonly values: Float64Array; readonly count: number; readonly dimensions: number };

/**
 * Take features as an extractor gives them. `where` is what errors begin with.
 * @throws RangeError for no rows, a length that `dimensions` does not divide or a value that is not finite.
 */
export function featureRows(where: string, features: Float32Array | Float64Array, dimensions: number): FeatureRows {
  const count = features.length / dimensions;
  if (!(Number.isSafeInteger(dimensions) && dimensions > 0 && Number.isInteger(count) && count > 0)) {
    throw new RangeError(`${where}: ${features.length} numbers are not rows of ${dimensions} features`);
  }
  requireFinite(`${where}: feature`, features);
  return { values: Float64Array.from(features), count, dimensions };
}

/** Two sets of features of the same kind. @throws RangeError as `featureRows` does. */
export const featurePair = (where: string, a: Float32Array | Float64Array, b: Float32Array | Float64Array, dimensions: number) =>
  [featureRows(where, a, dimensions), featureRows(where, b, dimensions)] as const;

/** The rows at these places, copied together. */
export function rowsAt({ values, dimensions }: FeatureRows, places: ArrayLike<number>): FeatureRows {
  const chosen = new Float64Array(places.length * dimensions);
  for (let i = 0; i < places.length; i++) {
    chosen.set(values.subarray(places[i] * dimensions, (places[i] + 1) * dimensions), i * dimensions);
  }
  return { values: chosen, count: places.length, dimensions };
}
