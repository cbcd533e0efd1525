import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { allFinite, type ByteSource, type NamedArray, readNpy, readNpz, readPickledDict, writeNpz } from '@tract/checkpoint';
import { openFile } from '@tract/checkpoint/node';
import { accumulateStatistics, type FeatureStatistics, mergeStatistics } from '@tract/metrics';
import { invalidData } from './scores-error.js';

/** Statistics of a set's features, as files hold them; `spatial` are those of sFID's features. */
export type StoredStatistics = { readonly features: FeatureStatistics; readonly spatial?: FeatureStatistics };

/** Endings of ml-tract's pair of files; the one named std holds the covariance. */
const meanEnding = '_activation_mean.npy';
const covarianceEnding = '_activation_std.npy';

/**
 * Read `mu` and `sigma` of an archive as pytorch-fid and EDM write it, `mu_s` and `sigma_s` of OpenAI's, and our `count`.
 * Features themselves, as score_sde keeps them (`pool_3`), become statistics.
 * @returns undefined for an archive without statistics.
 * @throws ScoresError that names the file and the array.
 */
export function statisticsIn(arrays: ReadonlyMap<string, NamedArray>, path: string): StoredStatistics | undefined {
  if (!arrays.has('mu') && !arrays.has('sigma')) {
    const rows = arrays.get('pool_3');
    return rows && { features: statisticsOfRows(rows, `${path}, pool_3`) };
  }
  const count = countIn(arrays, path);
  const pair = (suffix: string) =>
    statisticsOf(arrays.get(`mu${suffix}`), arrays.get(`sigma${suffix}`), count, `${path}, mu${suffix} and sigma${suffix}`);
  const features = pair('');
  return arrays.has('mu_s') || arrays.has('sigma_s') ? { features, spatial: pair('_s') } : { features };
}

/** Read ml-tract's pair of files, given one of the two or a folder with one pair; undefined if there is none. */
export function readStatisticsPair(path: string): StoredStatistics | undefined {
  const prefix = pairPrefix(path);
  if (prefix === undefined) return undefined;
  const [mean, covariance] = [meanEnding, covarianceEnding].map((ending) => {
    const file = prefix + ending;
    if (!existsSync(file)) throw invalidData(`${path} is half of a pair: ${file} is missing; expected it beside`);
    return readNpy(openFile(file), { source: file });
  });
  return { features: statisticsOf(mean, covariance, 0, `${prefix}${meanEnding} and its covariance`) };
}

/** Features of 2048 numbers that are summed at once take 4 MB. */
const ROWS_AT_ONCE = 512;

/** Compute the statistics of features [n, d], which are read in parts. */
function statisticsOfRows(array: NamedArray, where: string): FeatureStatistics {
  const { dtype, shape, content } = array;
  const [count, dimensions] = [shape[0], shape.slice(1).reduce((product, size) => product * size, 1)];
  if ((dtype !== 'F32' && dtype !== 'F64') || shape.length < 2 || count < 2 || dimensions < 1)
    throw invalidData(`${where} must be float32 or float64 features [n, d] of two images or more, got ${dtype} [${shape}]`);
  const sums = accumulateStatistics(dimensions);
  const whole = content ? undefined : (array.data as Float32Array | Float64Array);
  for (let first = 0; first < count; first += ROWS_AT_ONCE) {
    const [from, to] = [first * dimensions, Math.min(count, first + ROWS_AT_ONCE) * dimensions];
    const rows = whole?.subarray(from, to) ?? numbersIn(content!, dtype, from, to);
    if (!allFinite(rows)) throw invalidData(`${where} hold a number that is not finite`);
    sums.add(rows);
  }
  return sums.statistics();
}

function numbersIn({ read }: ByteSource, dtype: 'F32' | 'F64', from: number, to: number): Float32Array | Float64Array {
  const width = dtype === 'F32' ? 4 : 8;
  const bytes = Uint8Array.from(read(from * width, to * width)); // aligned
  return dtype === 'F32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/**
 * Read statistics from a pickled dict, or an npy of one: `mu` and `sigma`, or those of `fid` in it, as EDM2 keeps them.
 * @throws ScoresError or CheckpointError that names the file.
 */
export function readPickledStatistics(path: string): StoredStatistics {
  const file = openFile(path);
  try {
    const dict = readPickledDict(file, { source: path });
    const array = (name: string): NamedArray | undefined => {
      const found = dict.get(name) ?? dict.get(`fid.${name}`);
      return found && 'dtype' in found ? found : undefined;
    };
    return { features: statisticsOf(array('mu'), array('sigma'), 0, `${path}, mu and sigma`) };
  } finally {
    file.close();
  }
}

function pairPrefix(path: string): string | undefined {
  const ending = [meanEnding, covarianceEnding].find((end) => path.endsWith(end));
  if (ending !== undefined) return path.slice(0, -ending.length);
  if (path.endsWith('.npy') || path.endsWith('.npz') || path.endsWith('.zip')) return undefined;
  const means = readdirSync(path).filter((name) => name.endsWith(meanEnding));
  if (means.length > 1) throw invalidData(`${path} holds the statistics of several sets (${means.join(', ')}); name one of the files`);
  return means.length === 1 ? join(path, means[0].slice(0, -meanEnding.length)) : undefined;
}

function statisticsOf(mean: NamedArray | undefined, covariance: NamedArray | undefined, count: number, where: string): FeatureStatistics {
  const [mu, sigma] = [mean, covariance].map((array) => {
    if (array?.dtype !== 'F64' && array?.dtype !== 'F32') {
      throw invalidData(`${where} must both be there in float64 or float32, got ${array?.dtype ?? 'nothing'}`);
    }
    const { data } = array;
    if (!allFinite(data)) throw invalidData(`${where} hold a number that is not finite`);
    return { shape: array.shape, data: Float64Array.from(data) };
  });
  const d = mu.data.length;
  // Some programs keep the mean as a matrix of one row.
  const isRow = mu.shape.length === 1 || (mu.shape.length === 2 && mu.shape[0] === 1);
  if (!isRow || d < 1 || sigma.shape.length !== 2 || sigma.shape[0] !== d || sigma.shape[1] !== d) {
    throw invalidData(`${where} must have shapes [d] and [d, d], got [${mu.shape}] and [${sigma.shape}]`);
  }
  requireSymmetric(sigma.data, d, where);
  return { count, mean: mu.data, covariance: sigma.data };
}

/** Difference between an entry and its mirror image, of the largest variance, that rounding in any order cannot make. */
const MOST_ASYMMETRY = 1e-3;

function requireSymmetric(sigma: Float64Array, d: number, where: string): void {
  let [most, largest] = [0, 0];
  for (let i = 0; i < d; i++) {
    largest = Math.max(largest, Math.abs(sigma[i * d + i]));
    for (let j = 0; j < i; j++) most = Math.max(most, Math.abs(sigma[i * d + j] - sigma[j * d + i]));
  }
  if (most > MOST_ASYMMETRY * largest)
    throw invalidData(
      `${where}: sigma is not symmetric, as a covariance is; its entries and their mirror images differ by up to ${most.toPrecision(3)}`,
    );
}

/** Read the number of images, which only our own files hold; 0 means unknown. */
function countIn(arrays: ReadonlyMap<string, NamedArray>, path: string): number {
  const array = arrays.get('count');
  if (!array) return 0;
  const count = Number(array.data[0]);
  if (array.data.length !== 1 || !Number.isSafeInteger(count) || count < 2)
    throw invalidData(`${path}: 'count' must be one whole number of at least 2`);
  return count;
}

/** Merge the statistics of parts of a set, of files that `encodeStatistics` made, in the order of the list: another order would round otherwise. @throws ScoresError */
export async function mergeStatisticsFiles(paths: readonly string[]): Promise<StoredStatistics> {
  const parts: FeatureStatistics[] = [];
  for (const path of paths) {
    const file = openFile(path);
    try {
      const found = statisticsIn(await readNpz(file, { source: path }), path);
      if (!found || found.features.count < 2)
        throw invalidData(`${path} holds no statistics with a count; expected one of tract fid --shards`);
      parts.push(found.features);
    } finally {
      file.close();
    }
  }
  return { features: parts.reduce(mergeStatistics) };
}

/** Encode statistics as an npz that pytorch-fid and EDM read, with the number of images as `count`. */
export function encodeStatistics({ features, spatial }: StoredStatistics): Uint8Array {
  const pair = ({ mean, covariance }: FeatureStatistics, suffix: string) =>
    [
      [`mu${suffix}`, { dtype: 'F64', shape: [mean.length], data: mean }],
      [`sigma${suffix}`, { dtype: 'F64', shape: [mean.length, mean.length], data: covariance }],
    ] satisfies [string, NamedArray][];
  const count: NamedArray = { dtype: 'I64', shape: [], data: BigInt64Array.of(BigInt(features.count)) };
  return writeNpz([...pair(features, ''), ...(spatial ? pair(spatial, '_s') : []), ['count', count]]);
}
