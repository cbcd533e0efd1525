import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './data-error.js';
import type { ImagesOnDemand } from './image-set.js';
import { isPicture, type PictureOptions, pictureSet } from './picture-set.js';

/**
 * A folder of PNG and JPEG files, in folders below it or not, in the order of their names. Classes come from `dataset.json` or from the top folders.
 * Links to folders are not followed.
 * @throws DataError when it is missing or holds no images, or when an image cannot be read.
 */
export function loadImageFolder(folder: string, options: PictureOptions = {}): ImagesOnDemand {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new DataError('missing', `${folder}: no such folder; give one that holds PNG or JPEG files`);
  const names = filesBelow(folder, '');
  const description = names.includes('dataset.json') ? readNamed(folder, 'dataset.json') : undefined;
  return pictureSet(
    { source: folder, names: names.filter(isPicture), description, place: (name) => ({ file: join(folder, name) }) },
    options,
  );
}

function filesBelow(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, name) : [name];
  });
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
