import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { type NamedArray, npzNames, readNpy, readNpz } from '@tract/checkpoint';
import { openFile } from '@tract/checkpoint/node';
import { type ImagesInMemory, type ImagesOnDemand, imageAt, loadImageFolder, loadImageZip, type PictureColour } from '@tract/data';
import type { Images } from '@tract/images';
import { type ImageSeries, seriesOf } from '@tract/metrics';
import { invalidData, ScoresError } from './scores-error.js';
import { readPickledStatistics, readStatisticsPair, type StoredStatistics, statisticsIn } from './statistics-file.js';

/** A side of a comparison: images, statistics of features, or both, as some archives hold them. */
export type ImageSource = { readonly name: string; readonly images?: ImageSeries; readonly statistics?: StoredStatistics };

/** Forms of an image source, for messages and help. */
export const imageSourceForms = 'a folder or zip of pictures, an npz, npy or pkl of images or of statistics';

export type ReadImageOptions = {
  /**
   * Colours of pictures: 'rgb', as programs of FID have it, so that grey, palette and RGB may be mixed; 'same', where an extractor knows grey.
   * Default: 'same'.
   */
  readonly colour?: PictureColour;
};

/** Arrays of an archive that mean something here; it may hold others of any type. */
const knownArrays = ['images', 'arr_0', 'mu', 'sigma', 'mu_s', 'sigma_s', 'count', 'pool_3'];

/**
 * Read images or statistics: a folder, a .zip, an .npz or an .npy; what an archive holds is recognised by its arrays.
 * @throws ScoresError, DataError or CheckpointError that names the file.
 */
export async function readImageSource(path: string, options: ReadImageOptions = {}): Promise<ImageSource> {
  if (!existsSync(path)) throw new ScoresError('missing', `there is no ${path}; expected ${imageSourceForms}`);
  if (statSync(path).isDirectory()) return imagesOrPair(path, options);
  switch (extname(path).toLowerCase()) {
    case '.npz':
      return { name: path, ...inArchive(await readNpz(openFile(path), { source: path, only: knownArrays }), path) };
    case '.npy':
      return imagesOrPair(path, options);
    case '.pkl':
      return { name: path, statistics: readPickledStatistics(path) };
    case '.zip':
      return { name: path, images: await readImages(path, options) };
    default:
      throw new ScoresError('unknown-source', `${path}: expected ${imageSourceForms}`);
  }
}

async function imagesOrPair(path: string, options: ReadImageOptions): Promise<ImageSource> {
  const statistics = readStatisticsPair(path) ?? (path.endsWith('.npy') && holdsObjects(path) ? readPickledStatistics(path) : undefined);
  return statistics ? { name: path, statistics } : { name: path, images: await readImages(path, options) };
}

/** True for an npy file of Python objects, such as a dict. */
function holdsObjects(path: string): boolean {
  const file = openFile(path);
  try {
    return /^\x93NUMPY.{2,6}\{'descr': *'\|O'/s.test(Buffer.from(file.read(0, Math.min(file.size, 64))).toString('latin1'));
  } finally {
    file.close();
  }
}

function inArchive(arrays: ReadonlyMap<string, NamedArray>, path: string): Omit<ImageSource, 'name'> {
  const statistics = statisticsIn(arrays, path);
  const hasImages = arrays.has('images') || arrays.has('arr_0');
  if (statistics === undefined) return { images: imagesOfArchive(arrays, path) };
  return hasImages ? { statistics, images: imagesOfArchive(arrays, path) } : { statistics };
}

/**
 * Read 8-bit images: a folder or a zip of pictures at any depth, sorted by name, an .npz with `images` or `arr_0`, or an .npy. They are read as they are
 * needed, but for compressed arrays.
 * @throws ScoresError, DataError or CheckpointError that names the file.
 */
export async function readImages(path: string, { colour = 'same' }: ReadImageOptions = {}): Promise<ImageSeries> {
  const pictures = { colour, classes: 'none' } as const;
  if (statSync(path).isDirectory()) return imagesOfSet(loadImageFolder(path, pictures));
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return imagesOfArray(readNpy(openFile(path), { source: path }), path);
    case '.zip':
      return imagesOfSet(loadImageZip(path, pictures));
    default:
      return imagesOfArchive(await readNpz(openFile(path), { source: path, only: knownArrays }), path);
  }
}

/** Give the images of a data set as a series. */
export function imagesOfSet(set: ImagesInMemory | ImagesOnDemand): ImageSeries {
  const { count, height, width, channels } = set;
  const size = height * width * channels;
  const take = (first: number, wanted: number): Images => {
    const taken = Math.min(wanted, count - first);
    const data = new Uint8Array(taken * size);
    for (let i = 0; i < taken; i++) data.set(imageAt(set, first + i), i * size);
    return { data, count: taken, height, width, channels };
  };
  return { count, height, width, channels, take };
}

/** Take the images out of an archive's arrays; OpenAI's tools call them arr_0. */
function imagesOfArchive(arrays: ReadonlyMap<string, NamedArray>, path: string): ImageSeries {
  const array = arrays.get('images') ?? arrays.get('arr_0');
  if (!array) throw invalidData(`${path} has no array 'images'; it has ${npzNames(openFile(path)).join(', ') || 'nothing'}`);
  return imagesOfArray(array, path);
}

function imagesOfArray(array: NamedArray, path: string): ImageSeries {
  const { dtype, shape, content } = array;
  const isImages = shape.length === 4 && (shape[3] === 1 || shape[3] === 3) && shape[0] > 0;
  if (dtype !== 'U8' || !isImages) {
    throw invalidData(`${path}: 'images' must be uint8 [count, height, width, 1 or 3], got ${dtype} [${shape}]`);
  }
  const [count, height, width, channels] = shape;
  const rest = { height, width, channels };
  if (!content) return seriesOf({ data: array.data as Uint8Array, count, ...rest });
  const size = height * width * channels;
  const take = (first: number, wanted: number): Images => {
    const taken = Math.min(wanted, count - first);
    return { data: content.read(first * size, (first + taken) * size), count: taken, ...rest };
  };
  return { count, ...rest, take };
}
