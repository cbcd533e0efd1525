import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { type NamedArray, readNpy, readNpz } from '@tract/checkpoint';
import { allImages, type ImagesInMemory, type ImagesOnDemand, loadImageFolder, loadImageZip } from '@tract/data';
import type { ImageBatch } from '@tract/metrics';
import { invalidData, ScoresError } from './scores-error.js';
import { readStatisticsPair, type StoredStatistics, statisticsIn } from './statistics-file.js';

/** A side of a comparison: images, statistics of features, or both, as some archives hold them. */
export type ImageSource = { readonly name: string; readonly images?: ImageBatch; readonly statistics?: StoredStatistics };

/** Forms of an image source, for messages and help. */
export const imageSourceForms = 'a folder or zip of PNG or JPEG files, an npz or npy of images or of statistics';

/**
 * Read images or statistics: a folder, a .zip, an .npz or an .npy; what an archive holds is recognised by its arrays.
 * @throws ScoresError, DataError or CheckpointError that names the file.
 */
export async function readImageSource(path: string): Promise<ImageSource> {
  if (!existsSync(path)) throw new ScoresError('missing', `there is no ${path}; expected ${imageSourceForms}`);
  if (statSync(path).isDirectory()) return imagesOrPair(path);
  switch (extname(path).toLowerCase()) {
    case '.npz':
      return { name: path, ...inArchive(await readNpz(readFileSync(path), { source: path }), path) };
    case '.npy':
      return imagesOrPair(path);
    case '.zip':
      return { name: path, images: await readImages(path) };
    default:
      throw new ScoresError('unknown-source', `${path}: expected ${imageSourceForms}`);
  }
}

async function imagesOrPair(path: string): Promise<ImageSource> {
  const statistics = readStatisticsPair(path);
  return statistics ? { name: path, statistics } : { name: path, images: await readImages(path) };
}

function inArchive(arrays: ReadonlyMap<string, NamedArray>, path: string): Omit<ImageSource, 'name'> {
  const statistics = statisticsIn(arrays, path);
  const hasImages = arrays.has('images') || arrays.has('arr_0');
  if (statistics === undefined) return { images: imagesOfArchive(arrays, path) };
  return hasImages ? { statistics, images: imagesOfArchive(arrays, path) } : { statistics };
}

/**
 * Read 8-bit images: a folder or a zip of PNG and JPEG files, sorted by name, an .npz with `images` or `arr_0`, or an .npy.
 * @throws ScoresError, DataError or CheckpointError that names the file.
 */
export async function readImages(path: string): Promise<ImageBatch> {
  if (statSync(path).isDirectory()) return imagesOfSet(loadImageFolder(path));
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return imagesOfArray(readNpy(readFileSync(path), { source: path }), path);
    case '.zip':
      return imagesOfSet(loadImageZip(path));
    default:
      return imagesOfArchive(await readNpz(readFileSync(path), { source: path }), path);
  }
}

/** Read all images of a data set into memory. */
export function imagesOfSet(set: ImagesInMemory | ImagesOnDemand): ImageBatch {
  const { count, height, width, channels } = set;
  return { data: allImages(set), count, height, width, channels };
}

/** Take the images out of an archive's arrays; OpenAI's tools call them arr_0. */
function imagesOfArchive(arrays: ReadonlyMap<string, NamedArray>, path: string): ImageBatch {
  const array = arrays.get('images') ?? arrays.get('arr_0');
  if (!array) throw invalidData(`${path} has no array 'images'; it has ${[...arrays.keys()].join(', ') || 'nothing'}`);
  return imagesOfArray(array, path);
}

function imagesOfArray({ dtype, shape, data }: NamedArray, path: string): ImageBatch {
  const isImages = shape.length === 4 && (shape[3] === 1 || shape[3] === 3) && shape[0] > 0;
  if (dtype !== 'U8' || !isImages) {
    throw invalidData(`${path}: 'images' must be uint8 [count, height, width, 1 or 3], got ${dtype} [${shape}]`);
  }
  const [count, height, width, channels] = shape;
  return { data: data as Uint8Array, count, height, width, channels };
}
