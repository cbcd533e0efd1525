import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './data-error.js';
import { filesBelow, leftOutCounter } from './folder-files.js';
import type { ImagesOnDemand } from './image-set.js';
import { type PictureOptions, pictureSet, picturesAmong } from './picture-set.js';

/**
 * Load a folder of pictures, in folders below it or not, in the order of their names. Classes come from `dataset.json` or from the top folders.
 * Links to files and folders are followed.
 * @throws DataError when it is missing or holds no images, or when an image cannot be read.
 */
export function loadImageFolder(folder: string, options: PictureOptions = {}): ImagesOnDemand {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new DataError('missing', `${folder}: no such folder; give one that holds pictures`);
  const { leave, list } = leftOutCounter();
  const all = filesBelow(folder, leave);
  const description = all.includes('dataset.json') ? readNamed(folder, 'dataset.json') : undefined;
  const found = picturesAmong(all, leave);
  const size = (name: string): number => statSync(join(folder, name)).size;
  const place = (name: string) => ({ file: join(folder, name) });
  return pictureSet({ source: folder, ...found, description, leftOut: list(), size, place }, options);
}

function readNamed(folder: string, name: string): Uint8Array {
  try {
    return readFileSync(join(folder, name));
  } catch (cause) {
    throw new DataError('missing', `${join(folder, name)}: cannot be read (${(cause as NodeJS.ErrnoException).code}); was it moved?`, {
      cause,
    });
  }
}
