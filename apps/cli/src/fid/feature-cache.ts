import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type NamedArray, readSafetensors, writeSafetensors } from '@tract/checkpoint';
import type { Extracted, FeatureKind } from '@tract/metrics';
import { writeFileAtomically } from '../atomic.js';
import { makeFolder } from '../folders.js';
import type { Images } from '../images.js';

/** Where features are kept: TRACT_CACHE, or the user's cache folder. */
export const cacheFolder = (): string =>
  process.env.TRACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tract', 'features');

/** What features depend on: the extractor, down to its weights, and every byte of the images. */
export function cacheKey(extractor: string, images: Images, kind: FeatureKind): string {
  const { data, count, height, width, channels } = images;
  return createHash('sha256')
    .update(JSON.stringify([1, extractor, kind, count, height, width, channels]))
    .update(data)
    .digest('hex');
}

const pathOf = (key: string): string => join(cacheFolder(), `${key}.safetensors`);
const digestOf = ({ data }: NamedArray): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

type Rows = NonNullable<ReturnType<Extracted['get']>>;

/**
 * Features that were kept under this key for `count` images, or undefined. A file is believed only when it is whole: its header, its shape and the
 * SHA-256 of its numbers must agree. `distrust` is told of one that is not; it will be written anew.
 */
export function readCached(key: string, count: number, distrust: (path: string) => void): Rows | undefined {
  const path = pathOf(key);
  if (!existsSync(path)) return undefined;
  try {
    const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(path)), { source: path });
    const array = tensors.get('rows');
    const whole = array?.dtype === 'F32' && array.shape.length === 2 && array.shape[0] === count && array.shape[1] > 0;
    if (whole && metadata.get('key') === key && metadata.get('sha256') === digestOf(array)) {
      return { values: array.data, dimensions: array.shape[1] };
    }
  } catch {
    // Told below, as any other damage.
  }
  distrust(path);
  return undefined;
}

/** Keeps features, whole or not at all. */
export function writeCached(key: string, { values, dimensions }: Rows): void {
  const rows: NamedArray = { dtype: 'F32', shape: [values.length / dimensions, dimensions], data: values };
  makeFolder(cacheFolder());
  writeFileAtomically(pathOf(key), writeSafetensors([['rows', rows]], { key, sha256: digestOf(rows) }));
}
