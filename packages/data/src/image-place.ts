import { readFileSync } from 'node:fs';
import { DataError } from './data-error.js';
import { type ParquetPart, parquetReader } from './parquet-value.js';
import { withFile } from './random-access-file.js';
import { type FileRange, readEntry, type ZipEntry } from './zip-entry.js';

/** Place of the bytes of one image: a file, or an entry or a part of one. Plain data, for any thread. */
export type ImagePlace = {
  /** Names the image in errors: the set, its index, the file. */
  readonly title: string;
  readonly file: string;
  readonly part?: ZipEntry | FileRange | ParquetPart;
};

/** Make a reader of the bytes of images, for one set and one thread; no file is kept open. It throws DataErrors that name the image. */
export function placeReader(): (place: ImagePlace) => Uint8Array {
  const valueIn = parquetReader();
  return ({ title, file: path, part }) => {
    const damaged = (reason: string): DataError => new DataError('damaged', `${title}: ${reason}`);
    if (!part) return readWhole(path, title);
    return withFile(path, `was it moved? ${title} is in it`, (file) => {
      if ('method' in part) return readEntry(file, part, damaged);
      if ('column' in part) return valueIn(file, path, part, damaged);
      return new Uint8Array(file.take(part.offset, part.length, damaged).buffer);
    });
  };
}

function readWhole(path: string, title: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new DataError('missing', `${title}: cannot be read (${(cause as NodeJS.ErrnoException).code}); was it moved?`, { cause });
  }
}
