import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedArray, readSafetensors, writeSafetensors } from '@tract/checkpoint';
import type { Images } from '@tract/images';
import { type ExtractedRows, type FeatureKind, type ImageSeries, seriesOf } from '@tract/metrics';

/** Features kept in files by the content of the images and the identity of the extractor. */
export type FeatureCache = {
  /** Return the features under this key for `count` images; undefined if there are none, or if their file is not whole (`warn` hears of it). */
  readonly read: (key: string, count: number) => ExtractedRows | undefined;
  /** Keep features, whole or not at all. A failure is told to `warn`: it costs time, not the result. */
  readonly write: (key: string, rows: ExtractedRows) => void;
};

/** Images that are in memory at a time while their bytes are gone through. */
const HASHED_IMAGES = 256;

/** Return the key of features: a digest of the extractor's identity and of every byte of the images. */
export function featureKey(extractor: string, images: Images | ImageSeries, kind: FeatureKind): string {
  const { count, height, width, channels, take } = seriesOf(images);
  const hash = createHash('sha256').update(JSON.stringify([1, extractor, kind, count, height, width, channels]));
  for (let first = 0; first < count; first += HASHED_IMAGES) hash.update(take(first, Math.min(HASHED_IMAGES, count - first)).data);
  return hash.digest('hex');
}

const digestOf = ({ data }: NamedArray): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

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
    write: (key, { values, dimensions }) => {
      const path = pathOf(key);
      const rows: NamedArray = { dtype: 'F32', shape: [values.length / dimensions, dimensions], data: values };
      try {
        mkdirSync(folder, { recursive: true });
        const temporary = `${path}.${process.pid}.tmp`;
        writeFileSync(temporary, writeSafetensors([['rows', rows]], { key, sha256: digestOf(rows) }));
        renameSync(temporary, path);
      } catch (error) {
        warn(`the features are not kept for another time: ${(error as Error).message}`);
      }
    },
  };
}

/** Read a file whose header, shape and SHA-256 must agree with each other and with the key. */
function readRows(path: string, key: string, count: number): ExtractedRows | undefined {
  try {
    const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(path)), { source: path });
    const array = tensors.get('rows');
    const isWhole = array?.dtype === 'F32' && array.shape.length === 2 && array.shape[0] === count && array.shape[1] > 0;
    if (isWhole && metadata.get('key') === key && metadata.get('sha256') === digestOf(array))
      return { values: array.data, dimensions: array.shape[1] };
  } catch {
    // As any other damage: the caller tells of the file.
  }
  return undefined;
}
