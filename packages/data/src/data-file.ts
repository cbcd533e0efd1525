import { readFile } from 'node:fs/promises';
import { CheckpointError } from '@tract/checkpoint';
import { DataError } from './data-error.js';

/** Read all bytes of a file. @throws DataError of kind 'missing', which ends with `remedy`. */
export const readDataFile = (path: string, remedy: string): Promise<Uint8Array> =>
  readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError('missing', `${path}: cannot be read (${cause.code}); ${remedy}`, { cause });
  });

/** Run a reader of the checkpoint package; what it finds wrong with a file is damaged data here. */
export async function asDataError<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof CheckpointError) throw new DataError('damaged', cause.message, { cause });
    throw cause;
  }
}
