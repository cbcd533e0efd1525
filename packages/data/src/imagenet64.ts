import { join } from 'node:path';
import { type NamedArray, readNpz } from '@tract/checkpoint';
import { DataError } from './data-error.js';
import { asDataError, readDataFile } from './data-file.js';
import type { ImagesOnDemand } from './image-set.js';
import { type PlanarBatch, planarSet } from './planar-set.js';

export type ImageNet64Split = 'train' | 'val';

const fileNames: Record<ImageNet64Split, readonly string[]> = {
  train: Array.from({ length: 10 }, (_, i) => `train_data_batch_${i + 1}.npz`),
  val: ['val_data.npz'],
};
const SIZE = 64;
const CHANNELS = 3;
const PLANES = CHANNELS * SIZE * SIZE;
const CLASSES = 1000;

/**
 * Loads a split of the down-sampled ImageNet, 64x64: `train_data_batch_1.npz` to 10 or `val_data.npz`, with `data` (uint8 [count, 12288], planes) and
 * `labels` (1 to 1000 in the files, 0 to 999 here). The training images take 15.7 GB of memory; a zip or folder of images is read as it is needed.
 * @throws DataError when a file is missing or damaged.
 */
export async function loadImageNet64(split: ImageNet64Split, folder: string): Promise<ImagesOnDemand> {
  const names = fileNames[split];
  if (!names) throw new RangeError(`loadImageNet64: split must be 'train' or 'val', got '${split}'`);
  const batches: PlanarBatch[] = [];
  for (const name of names) batches.push(await readBatch(join(folder, name)));
  return planarSet(batches, SIZE, CHANNELS);
}

async function readBatch(source: string): Promise<PlanarBatch> {
  const damaged = (reason: string): DataError => new DataError('damaged', `${source}: ${reason}; get the file again`);
  const bytes = await readDataFile(source, 'give the folder of the down-sampled ImageNet at 64x64, in npz files');
  const arrays = await asDataError(() => readNpz(bytes, { source }));
  const data = arrays.get('data');
  if (data?.dtype !== 'U8' || data.shape.length !== 2 || data.shape[0] === 0 || data.shape[1] !== PLANES)
    throw damaged(`'data' must be uint8 [count, ${PLANES}], got ${describe(data)}`);
  const labels = arrays.get('labels');
  if (labels?.shape.length !== 1 || labels.shape[0] !== data.shape[0])
    throw damaged(`'labels' must be one number for each of the ${data.shape[0]} images, got ${describe(labels)}`);
  const numbers = Array.from<number | bigint, number>(labels.data as ArrayLike<number | bigint>, Number);
  const wrong = numbers.findIndex((label) => !(Number.isInteger(label) && label >= 1 && label <= CLASSES));
  if (wrong >= 0) throw damaged(`image ${wrong} has the label ${numbers[wrong]}, expected 1 to ${CLASSES}`);
  return { planes: data.data, labels: Uint16Array.from(numbers, (label) => label - 1) };
}

const describe = (array: NamedArray | undefined): string => (array ? `${array.dtype} [${array.shape}]` : 'nothing');
