import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '@tract/checkpoint';
import { badCheckpoint } from '../convert-error.js';

/** Bytes that one call reads; the system reads less than 2 GiB at once. */
const CHUNK = 2 ** 30;

/** A file that is read as its bytes are needed, until it is closed. */
export type FileSource = ByteSource & { readonly close: () => void };

/** Open a file. @throws the operating system's error for a path that cannot be read. */
export function openFile(path: string): FileSource {
  const file = openSync(path, 'r');
  const read = (begin: number, end: number): Uint8Array => {
    const bytes = new Uint8Array(end - begin);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(file, bytes, at, Math.min(CHUNK, bytes.length - at), begin + at);
      if (count === 0) throw badCheckpoint(`${path} became shorter while it was read; try again`);
      at += count;
    }
    return bytes;
  };
  return { size: fstatSync(file).size, read, close: () => closeSync(file) };
}
