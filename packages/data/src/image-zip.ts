import type { ImagesOnDemand } from './image-set.js';
import { isPicture, type PictureOptions, pictureSet } from './picture-set.js';
import { openZip } from './zip-file.js';

/**
 * A zip archive of PNG and JPEG files as EDM's data sets are, with classes in `dataset.json` or in the top folders. Only its directory is kept in
 * memory.
 * @throws DataError when it is missing, damaged or holds no images, or when an image cannot be read.
 */
export function loadImageZip(path: string, options: PictureOptions = {}): ImagesOnDemand {
  const { entries, read } = openZip(path);
  const description = entries.has('dataset.json') ? read('dataset.json') : undefined;
  const names = [...entries.keys()].filter(isPicture).sort();
  return pictureSet({ source: path, names, description, place: (name) => ({ file: path, part: entries.get(name) }) }, options);
}
