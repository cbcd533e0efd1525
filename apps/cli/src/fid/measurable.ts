import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type NamedArray, readNpz } from '@tract/checkpoint';
import { allImages } from '@tract/data';
import { checkSet, loadSet } from '../data-sets.js';
import { usageError } from '../errors.js';
import { imagesOfArchive, readImages } from '../image-files.js';
import type { Images } from '../images.js';
import { readModel, type StoredModel } from '../model-folder.js';
import { readStatisticsPair, type StoredStatistics, statisticsIn } from './statistics-file.js';

/** A side of a comparison, read and checked but for the drawing: images, a model that draws them, or statistics; an archive may hold the first and the last. */
export type Measurable = {
  readonly name: string;
  readonly images?: Images;
  readonly model?: StoredModel;
  readonly statistics?: StoredStatistics;
};

/** What a side may be, for errors and help. */
export const measurables =
  'a MODEL, a folder or zip of PNG or JPEG files, an npz or npy of images or of statistics, or a data set such as mnist:test';

/**
 * Reads what a word of the command line names, told by its content where it is a file.
 * @throws CliError or CheckpointError (exit codes 2 and 3) that names it.
 */
export async function readMeasurable(name: string): Promise<Measurable> {
  if (/^(mnist|cifar10|imagenet64):/.test(name)) {
    const set = await loadSet(checkSet(name));
    const { count, height, width, channels } = set;
    return { name, images: { data: allImages(set), count, height, width, channels } };
  }
  if (!existsSync(name)) return { name, model: readModel(name) };
  if (statSync(name).isDirectory()) return readFolder(name);
  switch (extname(name).toLowerCase()) {
    case '.npz':
      return { name, ...fromArchive(await readNpz(readFileSync(name), { source: name }), name) };
    case '.npy': {
      const statistics = readStatisticsPair(name);
      return statistics ? { name, statistics } : { name, images: await readImages(name) };
    }
    case '.zip':
      return { name, images: await readImages(name) };
    case '.safetensors':
      return { name, model: readModel(name) };
    default:
      throw usageError(`${name}: expected ${measurables}`);
  }
}

async function readFolder(name: string): Promise<Measurable> {
  if (existsSync(join(name, 'model.safetensors'))) return { name, model: readModel(name) };
  const statistics = readStatisticsPair(name);
  return statistics ? { name, statistics } : { name, images: await readImages(name) };
}

function fromArchive(arrays: ReadonlyMap<string, NamedArray>, name: string): Omit<Measurable, 'name'> {
  const statistics = statisticsIn(arrays, name);
  const hasImages = arrays.has('images') || arrays.has('arr_0');
  if (statistics === undefined) return { images: imagesOfArchive(arrays, name) };
  return hasImages ? { statistics, images: imagesOfArchive(arrays, name) } : { statistics };
}
