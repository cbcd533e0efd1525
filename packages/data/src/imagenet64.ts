import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NamedArray, NPY_HEADER_BYTES, readNpy, readNpyHeader, readNpz, readPickledDict } from '@tract/checkpoint';
import { openFile } from '@tract/checkpoint/node';
import { DataError } from './data-error.js';
import { asDataError, readDataFile } from './data-file.js';
import type { ImagesOnDemand } from './image-set.js';
import { isPlanes, listedNumbers } from './pickled-batch.js';
import { type PlanarBatch, planarSet } from './planar-set.js';
import { type Damaged, withFile } from './random-access-file.js';
import { type StoredBatch, storedPlanes } from './stored-planes.js';
import { openZip } from './zip-file.js';

export type ImageNet64Split = 'train' | 'val';

const fileNames: Record<ImageNet64Split, readonly string[]> = {
  train: Array.from({ length: 10 }, (_, i) => `train_data_batch_${i + 1}`),
  val: ['val_data'],
};
const SIZE = 64;
const CHANNELS = 3;
const PLANES = CHANNELS * SIZE * SIZE;
const CLASSES = 1000;

/**
 * Load a split of the down-sampled ImageNet, 64x64: `train_data_batch_1.npz` to 10 or `val_data.npz`, or the Python pickles of these names without an
 * ending, with `data` (uint8 [count, 12288], planes) and `labels` (1 to 1000 in the files, 0 to 999 here). Of npz files that are not compressed and of pickles of
 * protocol 3 and above the images are read one by one as they are needed, and the checksum of `data` is not compared; others are kept in memory,
 * where the training images take 15.7 GB. Nothing in a pickle is run.
 * @throws DataError when a file is missing or damaged.
 */
export async function loadImageNet64(split: ImageNet64Split, folder: string): Promise<ImagesOnDemand> {
  const names = fileNames[split];
  if (!names) throw new RangeError(`loadImageNet64: split must be 'train' or 'val', got '${split}'`);
  const batches: (StoredBatch | PlanarBatch)[] = [];
  for (const name of names) batches.push(await openBatch(join(folder, name)));
  if (batches.every(isStored)) return storedPlanes(batches, SIZE, CHANNELS);
  // Some are in memory: then all are, so that the set is of one kind.
  return planarSet(batches.map(planesOf), SIZE, CHANNELS);
}

const isStored = (batch: StoredBatch | PlanarBatch): batch is StoredBatch => 'file' in batch;

function planesOf(batch: StoredBatch | PlanarBatch): PlanarBatch {
  if (!isStored(batch)) return batch;
  const { file: path, offset, labels } = batch;
  const bytes = withFile(path, remedy, (file) => file.take(offset, labels.length * PLANES, damagedIn(path)).buffer);
  return { planes: new Uint8Array(bytes), labels };
}

async function openBatch(path: string): Promise<StoredBatch | PlanarBatch> {
  const npz = `${path}.npz`;
  if (!existsSync(npz) && existsSync(path)) return openPickle(path);
  return (await openStored(npz)) ?? readBatch(npz);
}

const remedy = 'give the folder of the down-sampled ImageNet at 64x64, in npz files or Python pickles';
const damagedIn =
  (source: string) =>
  (reason: string): DataError =>
    new DataError('damaged', `${source}: ${reason}; get the file again`);

/** A batch whose images can be read in parts; undefined for one that is compressed. */
async function openStored(source: string): Promise<StoredBatch | undefined> {
  const { stored, read } = openZip(source, remedy);
  const range = stored('data.npy');
  if (!range) return undefined;
  const damaged = damagedIn(source);
  const length = Math.min(range.length, NPY_HEADER_BYTES);
  const start = new Uint8Array(withFile(source, remedy, (file) => file.take(range.offset, length, damaged)).buffer);
  const data = await asDataError(() => readNpyHeader(start, { source: `${source}, array 'data'` }));
  const labels = await asDataError(() => readNpy(read('labels.npy'), { source: `${source}, array 'labels'` }));
  const numbers = labelsOf(data, labels, damaged);
  if (data.fortranOrder || data.dataStart + data.dataBytes !== range.length)
    throw damaged(`'data' must be ${data.dataBytes} bytes in row-major order, its entry has ${range.length - data.dataStart}`);
  return { file: source, offset: range.offset + data.dataStart, labels: numbers };
}

/** A pickled dict; `mean` in it is not needed. */
async function openPickle(source: string): Promise<StoredBatch | PlanarBatch> {
  const file = openFile(source);
  try {
    const batch = await asDataError(() => readPickledDict(file, { source }));
    const [data, list] = [batch.get('data'), listedNumbers(batch.get('labels'))];
    const images = data && 'dtype' in data ? data : undefined;
    const numbers = list && Int32Array.from(list);
    const labels = labelsOf(images, numbers && { dtype: 'I32', shape: [numbers.length], data: numbers }, damagedIn(source));
    const offset = images!.content?.begin;
    return offset === undefined ? { planes: images!.data as Uint8Array, labels } : { file: source, offset, labels };
  } finally {
    file.close();
  }
}

async function readBatch(source: string): Promise<PlanarBatch> {
  const bytes = await readDataFile(source, remedy);
  const arrays = await asDataError(() => readNpz(bytes, { source }));
  const data = arrays.get('data');
  const labels = labelsOf(data, arrays.get('labels'), damagedIn(source));
  return { planes: data!.data as Uint8Array, labels };
}

type Described = Pick<NamedArray, 'dtype' | 'shape'>;

/** The class numbers from 0, when both arrays are what they should be. @throws DataError from `damaged` */
function labelsOf(data: Described | undefined, labels: NamedArray | undefined, damaged: Damaged): Uint16Array {
  if (data?.dtype !== 'U8' || data.shape[0] === 0 || !isPlanes(data.shape, SIZE))
    throw damaged(`'data' must be uint8 [count, ${PLANES}], got ${describe(data)}`);
  if (labels?.shape.length !== 1 || labels.shape[0] !== data.shape[0])
    throw damaged(`'labels' must be one number for each of the ${data.shape[0]} images, got ${describe(labels)}`);
  const numbers = Array.from<number | bigint, number>(labels.data as ArrayLike<number | bigint>, Number);
  const wrong = numbers.findIndex((label) => !(Number.isInteger(label) && label >= 1 && label <= CLASSES));
  if (wrong >= 0) throw damaged(`image ${wrong} has the label ${numbers[wrong]}, expected 1 to ${CLASSES}`);
  return Uint16Array.from(numbers, (label) => label - 1);
}

const describe = (array: Described | undefined): string => (array ? `${array.dtype} [${array.shape}]` : 'nothing');
