import { matrixKernels } from './matrix-kernels.js';

/** Mean and covariance of a set of feature vectors, in float64. `covariance` is [d, d], row-major, unbiased (divided by count - 1). */
export type FeatureStatistics = {
  readonly count: number;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
};

export type StatisticsAccumulator = {
  /** Take rows of features, [n, d] row-major for any n ≥ 0. @throws RangeError for a length that d does not divide or a value that is not finite. */
  add(features: Float32Array | Float64Array): void;
  /** Rows taken so far. */
  count(): number;
  /** The statistics of all rows taken so far. @throws RangeError for fewer than two. */
  statistics(): FeatureStatistics;
};

/**
 * Rows summed together: with the difference of the means a product of 256 terms, which the native kernel sums in one go. Fixed, so that the result
 * does not depend on how the stream was cut into batches: not even in its last bit.
 */
const BLOCK = 255;

/** Sums of a part of the stream: the upper triangle of `scatter` is that of Σ (x - mean)(x - mean)ᵀ. */
type Moments = { count: number; readonly mean: Float64Array; readonly scatter: Float64Array };

const noMoments = (dimensions: number): Moments => ({
  count: 0,
  mean: new Float64Array(dimensions),
  scatter: new Float64Array(dimensions * dimensions),
});

/**
 * Mean and covariance of a stream, without keeping it. Rows are centred block by block and the blocks merged, so that a large mean
 * does not eat the digits of a small variance. Source: Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm".
 */
export function accumulateStatistics(dimensions: number): StatisticsAccumulator {
  if (!(Number.isSafeInteger(dimensions) && dimensions > 0)) {
    throw new RangeError(`accumulateStatistics: dimensions must be an integer ≥ 1, got ${dimensions}`);
  }
  const total = noMoments(dimensions);
  const block = new Float64Array(BLOCK * dimensions);
  const centred = new Float64Array((BLOCK + 1) * dimensions);
  let waiting = 0;
  return {
    add(features) {
      const rows = features.length / dimensions;
      if (!Number.isInteger(rows)) throw new RangeError(`add: ${features.length} numbers are not rows of ${dimensions} features`);
      requireFinite('add: feature', features);
      for (let row = 0; row < rows; row++) {
        block.set(features.subarray(row * dimensions, (row + 1) * dimensions), waiting * dimensions);
        if (++waiting < BLOCK) continue;
        addBlock(total, block, BLOCK, centred);
        waiting = 0;
      }
    },
    count: () => total.count + waiting,
    statistics() {
      const whole = { count: total.count, mean: total.mean.slice(), scatter: total.scatter.slice() };
      if (waiting > 0) addBlock(whole, block, waiting, centred);
      return finish(whole);
    },
  };
}

/** The statistics of features that are all at hand: [n, dimensions], row-major. @throws RangeError as the accumulator does. */
export function featureStatistics(features: Float32Array | Float64Array, dimensions: number): FeatureStatistics {
  const accumulator = accumulateStatistics(dimensions);
  accumulator.add(features);
  return accumulator.statistics();
}

/**
 * The statistics of two sets together, from those of each. Shards merged in a fixed order give the same bits every time; another order differs by rounding.
 * @throws RangeError when the dimensions differ.
 */
export function mergeStatistics(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  if (a.mean.length !== b.mean.length)
    throw new RangeError(`mergeStatistics: ${a.mean.length} features cannot be merged with ${b.mean.length}`);
  const moments = ({ count, mean, covariance }: FeatureStatistics): Moments => ({
    count,
    mean: mean.slice(),
    scatter: covariance.map((value) => value * (count - 1)),
  });
  const merged = moments(a);
  mergeInto(merged, moments(b));
  return finish(merged);
}

export function requireFinite(what: string, values: Float32Array | Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${what} ${i} must be finite, got ${values[i]}`);
  }
}

/**
 * Take the first `rows` rows of a block. The scatter about the common mean grows by that of the block about its own, and by w δδᵀ with δ the difference
 * of the means and w = n·m/(n + m): √w δ is one row more of the product of the centred rows with themselves.
 * `centred` is room for [d, rows + 1], one row per feature, so that the scatter is made of products of rows; fresh memory would cost as much as the sums.
 */
function addBlock(total: Moments, block: Float64Array, rows: number, centred: Float64Array): void {
  const d = total.mean.length;
  const mean = new Float64Array(d);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < d; i++) mean[i] += block[row * d + i];
  }
  const count = total.count + rows;
  const root = Math.sqrt((total.count * rows) / count);
  const width = rows + 1;
  for (let i = 0; i < d; i++) {
    mean[i] /= rows;
    const delta = mean[i] - total.mean[i];
    for (let row = 0; row < rows; row++) centred[i * width + row] = block[row * d + i] - mean[i];
    centred[i * width + rows] = root * delta;
    total.mean[i] += (delta * rows) / count;
  }
  const operand = { a: centred, aRows: d, aStep: width, b: centred, bRows: d, bStep: width };
  matrixKernels().addRowProducts({ ...operand, width, out: total.scatter, outStep: d, upper: true });
  total.count = count;
}

/** Merges `part` into `into`: Σ over both = Σ into + Σ part + n·m/(n + m) δδᵀ, with δ the difference of the means. */
function mergeInto(into: Moments, part: Moments): void {
  const count = into.count + part.count;
  if (count === 0) return;
  const d = into.mean.length;
  const delta = part.mean.map((value, i) => value - into.mean[i]);
  const weight = (into.count * part.count) / count;
  for (let i = 0; i < d; i++) {
    const scaled = weight * delta[i];
    for (let j = i; j < d; j++) into.scatter[i * d + j] += part.scatter[i * d + j] + scaled * delta[j];
  }
  for (let i = 0; i < d; i++) into.mean[i] += (delta[i] * part.count) / count;
  into.count = count;
}

function finish({ count, mean, scatter }: Moments): FeatureStatistics {
  if (count < 2) throw new RangeError(`a covariance needs at least two rows of features, got ${count}`);
  const d = mean.length;
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = i; j < d; j++) {
      const value = scatter[i * d + j] / (count - 1);
      covariance[i * d + j] = value;
      covariance[j * d + i] = value;
    }
  }
  return { count, mean, covariance };
}
