import { type FeatureRows, featurePair, rowsAt } from './feature-rows.js';
import { matrixKernels } from './matrix-kernels.js';
import { meanAndDeviation } from './mean-and-deviation.js';
import { randomSubset } from './random-subset.js';

export type KernelDistanceOptions = {
  /** Number of subsets that are drawn of each set. Default: 100. */
  readonly subsets?: number;
  /** Vectors in each, drawn without replacement. Default: 1,000, or as many as the smaller set has. */
  readonly subsetSize?: number;
  readonly seed?: number;
};

/** Mean and standard deviation over `subsets` draws of `subsetSize` vectors. */
export type KernelDistance = { readonly mean: number; readonly std: number; readonly subsets: number; readonly subsetSize: number };

/**
 * Kernel distance of two sets of features, [n, d] and [m, d]: the unbiased estimate of the squared maximum mean discrepancy with the kernel
 * (x·y / d + 1)³, on random subsets. The KID when the features are Inception's. May be below 0. Source: Bińkowski et al. 2018.
 * @throws RangeError for features that are no finite rows of d, fewer than two of them, or a subset larger than its set.
 */
export function kernelDistance(
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
  dimensions: number,
  { subsets = 100, subsetSize, seed = 0 }: KernelDistanceOptions = {},
): KernelDistance {
  const [first, second] = featurePair('kernelDistance', a, b, dimensions);
  const fewest = Math.min(first.count, second.count);
  const size = subsetSize ?? Math.min(1000, fewest);
  if (!(Number.isInteger(size) && size >= 2 && size <= fewest)) {
    throw new RangeError(`kernelDistance: subsetSize must be from 2 to the smaller set's ${fewest}, got ${size}`);
  }
  if (!(Number.isInteger(subsets) && subsets >= 1)) throw new RangeError(`kernelDistance: subsets must be an integer ≥ 1, got ${subsets}`);
  const draw = (rows: FeatureRows, step: number) => rowsAt(rows, randomSubset(rows.count, size, { seed, step }));
  const distances = Float64Array.from({ length: subsets }, (_, i) => unbiased(draw(first, 2 * i), draw(second, 2 * i + 1)));
  return { ...meanAndDeviation(distances), subsets, subsetSize: size };
}

/** The estimate on the whole of both sets, once. @throws RangeError as `kernelDistance` does. */
export function wholeKernelDistance(a: Float32Array | Float64Array, b: Float32Array | Float64Array, dimensions: number): number {
  const [first, second] = featurePair('wholeKernelDistance', a, b, dimensions);
  if (first.count < 2 || second.count < 2) throw new RangeError('wholeKernelDistance: expected at least two vectors on each side');
  return unbiased(first, second);
}

/** Mean kernel within each set, a vector with itself left out, less twice the mean between the sets. */
function unbiased(a: FeatureRows, b: FeatureRows): number {
  const within = (rows: FeatureRows) => {
    const { total, diagonal } = kernelSums(rows, rows);
    return (total - diagonal) / (rows.count * (rows.count - 1));
  };
  return within(a) + within(b) - (2 * kernelSums(a, b).total) / (a.count * b.count);
}

const cubic = (product: number): number => (product + 1) * (product + 1) * (product + 1);

/** Rows whose products are at hand at once. */
const BAND = 512;

function kernelSums(a: FeatureRows, b: FeatureRows): { readonly total: number; readonly diagonal: number } {
  const width = a.dimensions;
  let total = 0;
  let diagonal = 0;
  for (let first = 0; first < a.count; first += BAND) {
    const count = Math.min(BAND, a.count - first);
    const out = new Float64Array(count * b.count);
    const operands = { a: a.values.subarray(first * width), aRows: count, aStep: width, b: b.values, bRows: b.count, bStep: width };
    matrixKernels().addRowProducts({ ...operands, width, out, outStep: b.count });
    for (let i = 0; i < count; i++) {
      let row = 0;
      for (let j = 0; j < b.count; j++) row += cubic(out[i * b.count + j] / width);
      total += row;
      if (first + i < b.count) diagonal += cubic(out[i * b.count + first + i] / width);
    }
  }
  return { total, diagonal };
}
