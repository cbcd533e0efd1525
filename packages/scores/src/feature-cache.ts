import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, safetensorsLayout } from '@tract/checkpoint';
import { type FileSource, openFile } from '@tract/checkpoint/node';
import type { Images } from '@tract/images';
import { type ExtractedRows, type FeatureKind, type ImageSeries, seriesOf } from '@tract/metrics';

/** Features kept in files by the content of the images and the identity of the extractor. */
export type FeatureCache = {
  /** Give the features under this key for `count` images in parts, one in memory at a time; undefined if there are none, or if their file is not whole (`warn` hears of it). */
  readonly read: (key: string, count: number) => Iterable<ExtractedRows> | undefined;
  /** Begin to keep features for `count` images, whole or not at all. A failure is told to `warn`: it costs time, not the result. */
  readonly write: (key: string, count: number) => FeatureWriter;
};

/** Takes rows in the order of the images. */
type FeatureWriter = {
  readonly add: (rows: ExtractedRows) => void;
  /** Give the file its name, if it has the rows of all images; else remove it. */
  readonly end: () => void;
};

/** Images that are in memory at a time while their bytes are gone through. */
const HASHED_IMAGES = 256;

/** Bytes of features that are in memory at a time. */
const PART_BYTES = 2 ** 22;

/** Age in milliseconds at which a file in the making is what a killed process left. */
const ABANDONED = 24 * 3600 * 1000;

/** Return the key of features: a digest of the extractor's identity and of every byte of the images. */
export function featureKey(extractor: string, images: Images | ImageSeries, kind: FeatureKind): string {
  const { count, height, width, channels, take } = seriesOf(images);
  const hash = createHash('sha256').update(JSON.stringify([1, extractor, kind, count, height, width, channels]));
  for (let first = 0; first < count; first += HASHED_IMAGES) hash.update(take(first, Math.min(HASHED_IMAGES, count - first)).data);
  return hash.digest('hex');
}

/** Return the folder of a user's cache: TRACT_CACHE, or `tract/features` in the user's cache folder. */
export const featureCacheFolder = (): string =>
  process.env.TRACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tract', 'features');

/** Open a cache in a folder, which is created when the first features are kept. */
export function openFeatureCache(folder: string, warn: (sentence: string) => void): FeatureCache {
  const pathOf = (key: string): string => join(folder, `${key}.safetensors`);
  return {
    read: (key, count) => {
      const path = pathOf(key);
      if (!existsSync(path)) return undefined;
      const rows = readRows(path, key, count);
      if (!rows) warn(`${path} is not whole; the features are worked out anew`);
      return rows;
    },
    write: (key, count) => writeRows(folder, pathOf(key), key, count, warn),
  };
}

/** Rows of a file whose header, shape and SHA-256 must agree with each other and with the key. */
function readRows(path: string, key: string, count: number): Iterable<ExtractedRows> | undefined {
  let file: FileSource | undefined;
  try {
    file = openFile(path);
    const { tensors, metadata } = readSafetensors(file, { source: path });
    const array = tensors.get('rows');
    const isRows =
      tensors.size === 1 && array?.dtype === 'F32' && array.shape.length === 2 && array.shape[0] === count && array.shape[1] > 0;
    if (!isRows || metadata.get('key') !== key) return undefined;
    const [, dimensions] = array.shape;
    const hash = createHash('sha256');
    for (const { values } of partsOf(file, count, dimensions)) hash.update(values);
    if (metadata.get('sha256') !== hash.digest('hex')) return undefined;
    return partsOf(path, count, dimensions);
  } catch {
    // As any other damage: the caller tells of the file.
    return undefined;
  } finally {
    file?.close();
  }
}

/** Go through the rows of a file, which are all that follows its header. */
function* partsOf(from: string | FileSource, count: number, dimensions: number): Generator<ExtractedRows> {
  const file = typeof from === 'string' ? openFile(from) : from;
  try {
    const begin = file.size - 4 * count * dimensions;
    const most = Math.max(1, Math.floor(PART_BYTES / (4 * dimensions)));
    for (let first = 0; first < count; first += most) {
      const values = new Float32Array(Math.min(most, count - first) * dimensions);
      file.readInto(new Uint8Array(values.buffer), begin + 4 * first * dimensions);
      yield { values, dimensions };
    }
  } finally {
    if (file !== from) file.close();
  }
}

function writeRows(folder: string, path: string, key: string, count: number, warn: (sentence: string) => void): FeatureWriter {
  const temporary = `${path}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  let file: number | undefined;
  let dimensions = 0;
  let rows = 0;
  let failed = false;
  const header = (sha256: string): Uint8Array =>
    safetensorsLayout([['rows', { dtype: 'F32', shape: [count, dimensions] }]], { key, sha256 }).header;
  const trying = (work: () => void): void => {
    if (failed) return;
    try {
      work();
    } catch (error) {
      failed = true;
      warn(`the features are not kept for another time: ${(error as Error).message}`);
    }
  };
  return {
    add: (part) =>
      trying(() => {
        if (file === undefined) {
          dimensions = part.dimensions;
          mkdirSync(folder, { recursive: true });
          removeAbandoned(folder);
          file = openSync(temporary, 'w');
          // The digest takes its place when it is known.
          writeFileSync(file, header('0'.repeat(64)));
        }
        const bytes = new Uint8Array(part.values.buffer, part.values.byteOffset, part.values.byteLength);
        hash.update(bytes);
        writeFileSync(file, bytes);
        rows += part.values.length / dimensions;
      }),
    end: () => {
      if (file === undefined) return;
      const isWhole = rows === count;
      trying(() => {
        const first = header(hash.digest('hex'));
        if (isWhole && writeSync(file!, first, 0, first.length, 0) < first.length) throw new Error('the disk is full');
      });
      closeSync(file);
      trying(() => isWhole && renameSync(temporary, path));
      rmSync(temporary, { force: true });
    },
  };
}

/** Remove files that killed processes left in the making. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder).filter((found) => found.endsWith('.tmp'))) {
    const path = join(folder, name);
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN) > ABANDONED) rmSync(path, { force: true });
  }
}
