import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from './data-error.js';

/** Make the error for what is wrong with a file, or with the part of it that is being read. */
export type Damaged = (reason: string) => DataError;

/** A file of which any part can be read, however large it is. */
export type RandomAccessFile = {
  readonly size: number;
  /** The bytes from `at` on. @throws DataError from `damaged` when they are not there or cannot be read. */
  readonly take: (at: number, length: number, damaged: Damaged) => DataView<ArrayBuffer>;
};

/** Open a file for as long as `use` runs. @throws DataError of kind 'missing', which ends with `remedy`; what `use` throws. */
export function withFile<T>(path: string, remedy: string, use: (file: RandomAccessFile) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (cause) {
    throw new DataError('missing', `${path}: cannot be opened (${(cause as NodeJS.ErrnoException).code}); ${remedy}`, { cause });
  }
  try {
    return use(randomAccess(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function randomAccess(descriptor: number): RandomAccessFile {
  const { size } = fstatSync(descriptor);
  const take = (at: number, length: number, damaged: Damaged): DataView<ArrayBuffer> => {
    if (at < 0 || at + length > size) throw damaged(`it refers to bytes ${at} to ${at + length}, but the file has ${size}`);
    const bytes = new Uint8Array(length);
    let got = 0;
    try {
      for (let more = -1; got < length && more !== 0; got += more) more = readSync(descriptor, bytes, got, length - got, at + got);
    } catch (cause) {
      throw damaged(`cannot be read (${(cause as NodeJS.ErrnoException).code})`);
    }
    if (got < length) throw damaged(`the file has ended at byte ${at + got}; was it changed meanwhile?`);
    return new DataView(bytes.buffer);
  };
  return { size, take };
}
