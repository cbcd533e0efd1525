import type { FeatureRows } from './feature-rows.js';
import { matrixKernels } from './matrix-kernels.js';

/** Rows whose distances are at hand at once. */
const BAND = 512;

/** Call `visit(i, distances)` for each row i of a, in order, with the squared distances to all rows of b; the array is lent for the call. */
export function eachRowOfDistances(a: FeatureRows, b: FeatureRows, visit: (i: number, distances: Float64Array) => void): void {
  const width = a.dimensions;
  const [lengthsA, lengthsB] = [squaredLengths(a), squaredLengths(b)];
  for (let first = 0; first < a.count; first += BAND) {
    const count = Math.min(BAND, a.count - first);
    const products = new Float64Array(count * b.count);
    const operands = { a: a.values.subarray(first * width), aRows: count, aStep: width, b: b.values, bRows: b.count, bStep: width };
    matrixKernels().addRowProducts({ ...operands, width, out: products, outStep: b.count });
    for (let i = 0; i < count; i++) {
      const row = products.subarray(i * b.count, (i + 1) * b.count);
      for (let j = 0; j < row.length; j++) {
        const lengths = lengthsA[first + i] + lengthsB[j];
        const squared = lengths - 2 * row[j];
        // The difference of two equal vectors is rounding only, and a duplicate must be at no distance.
        row[j] = squared > lengths * width * Number.EPSILON ? squared : 0;
      }
      visit(first + i, row);
    }
  }
}

function squaredLengths({ values, count, dimensions }: FeatureRows): Float64Array {
  const lengths = new Float64Array(count);
  for (let i = 0; i < values.length; i++) lengths[Math.floor(i / dimensions)] += values[i] ** 2;
  return lengths;
}
