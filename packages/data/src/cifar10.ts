import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readPickledDict } from '@tract/checkpoint';
import { DataError } from './data-error.js';
import { asDataError, readDataFile } from './data-file.js';
import { gunzip } from './gunzip.js';
import type { ImagesOnDemand } from './image-set.js';
import { isPlanes, listedNumbers } from './pickled-batch.js';
import { type PlanarBatch, planarSet } from './planar-set.js';
import { readTar } from './tar.js';

export type Cifar10Split = 'train' | 'test';

const batchNames: Record<Cifar10Split, readonly string[]> = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`),
  test: ['test_batch'],
};
const SIZE = 32;
const CHANNELS = 3;
const PLANES = CHANNELS * SIZE * SIZE;
const CLASSES = 10;
/** Folders of the files in the archives. */
const folders = ['', 'cifar-10-batches-bin/', 'cifar-10-batches-py/'];

/** The bytes of a file of the set, or undefined where it is not there. */
type Files = (name: string) => Promise<Uint8Array | undefined>;

/**
 * Load a split of CIFAR-10 in its binary form (`data_batch_1.bin`) or its Python form (`data_batch_1`), which is read as data: nothing in it is run.
 * @param path the archive (.tar.gz or .tar), or the folder that holds its files or the folder `cifar-10-batches-…`.
 * @throws DataError when a file is missing or damaged.
 */
export async function loadCifar10(split: Cifar10Split, path: string): Promise<ImagesOnDemand> {
  const names = batchNames[split];
  if (!names) throw new RangeError(`loadCifar10: split must be 'train' or 'test', got '${split}'`);
  const files = await filesOf(path);
  const batches: PlanarBatch[] = [];
  for (const name of names) batches.push(await readBatch(files, name, path));
  return planarSet(batches, SIZE, CHANNELS);
}

const remedy = 'give the folder or the .tar.gz of CIFAR-10, binary or python version';

async function filesOf(path: string): Promise<Files> {
  const found = await stat(path).catch((cause) => {
    throw new DataError('missing', `${path}: no such file or folder; ${remedy}`, { cause });
  });
  if (!found.isDirectory()) {
    const archive = readTar(gunzip(await readDataFile(path, remedy), path), path);
    return async (name) => archive.get(name);
  }
  return async (name) => ((await isFile(join(path, name))) ? readDataFile(join(path, name), remedy) : undefined);
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

async function readBatch(files: Files, name: string, path: string): Promise<PlanarBatch> {
  for (const folder of folders) {
    for (const [ending, read] of Object.entries(forms)) {
      const bytes = await files(`${folder}${name}${ending}`);
      if (bytes) return read(bytes, join(path, folder, `${name}${ending}`));
    }
  }
  throw new DataError('missing', `${path}: expected ${name}.bin or ${name} in it; ${remedy}`);
}

const forms: Readonly<Record<string, (bytes: Uint8Array, source: string) => PlanarBatch | Promise<PlanarBatch>>> = {
  '.bin': readBinary,
  '': readPython,
};

/** Records of one class number and three planes. */
function readBinary(bytes: Uint8Array, source: string): PlanarBatch {
  const record = 1 + PLANES;
  const count = bytes.length / record;
  if (count === 0 || !Number.isInteger(count))
    throw damaged(
      source,
      `expected records of ${record} bytes, got ${bytes.length} bytes, ${bytes.length % record} beyond the last whole record`,
    );
  const labels = Uint8Array.from({ length: count }, (_, i) => bytes[i * record]);
  const planes = new Uint8Array(count * PLANES);
  for (let i = 0; i < count; i++) planes.set(bytes.subarray(i * record + 1, (i + 1) * record), i * PLANES);
  return { planes, labels: checkLabels(labels, source) };
}

/** A pickled dict with `data`, uint8 [count, 3072], and `labels`. */
async function readPython(bytes: Uint8Array, source: string): Promise<PlanarBatch> {
  const batch = await asDataError(() => readPickledDict(bytes, { source }));
  const [data, labels] = [batch.get('data'), listedNumbers(batch.get('labels'))];
  if (!data || !('dtype' in data) || data.dtype !== 'U8' || !isPlanes(data.shape, SIZE))
    throw damaged(source, `'data' is not uint8 [count, ${PLANES}]`);
  if (labels?.length !== data.shape[0] || labels.length === 0)
    throw damaged(source, `'labels' is not a list of one number for each of the ${data.shape[0]} images`);
  return { planes: data.data, labels: Uint8Array.from(checkLabels(labels, source)) };
}

function checkLabels<T extends ArrayLike<number>>(labels: T, source: string): T {
  const wrong = Array.from(labels).findIndex((label) => !(label >= 0 && label < CLASSES));
  if (wrong >= 0) throw damaged(source, `image ${wrong} has the label ${labels[wrong]}, expected 0 to ${CLASSES - 1}`);
  return labels;
}

const damaged = (source: string, reason: string): DataError => new DataError('damaged', `${source}: ${reason}; get the file again`);
