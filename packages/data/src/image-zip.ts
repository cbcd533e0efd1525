import { leftOutCounter } from './folder-files.js';
import type { ImagesOnDemand } from './image-set.js';
import { type PictureOptions, pictureSet, picturesAmong } from './picture-set.js';
import { openZip } from './zip-file.js';

/**
 * Load a zip archive of pictures as EDM's data sets are, with classes in `dataset.json` or in the top folders. Only its directory is kept in
 * memory.
 * @throws DataError when it is missing, damaged or holds no images, or when an image cannot be read.
 */
export function loadImageZip(path: string, options: PictureOptions = {}): ImagesOnDemand {
  const { entries, folders, read } = openZip(path);
  const { leave, list } = leftOutCounter();
  const found = picturesAmong([...entries.keys(), ...folders].sort(), leave);
  const description = entries.has('dataset.json') ? read('dataset.json') : undefined;
  const size = (name: string): number => entries.get(name)!.size;
  const place = (name: string) => ({ file: path, part: entries.get(name) });
  return pictureSet({ source: path, ...found, description, leftOut: list(), size, place }, options);
}
