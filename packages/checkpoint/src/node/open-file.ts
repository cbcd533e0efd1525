import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '../byte-source.js';
import { CheckpointError } from '../checkpoint-error.js';

/** A file that is open for reading. */
export type FileSource = ByteSource & {
  readonly path: string;
  /** Read bytes from `begin` on into `target`, all of it. @throws CheckpointError of kind 'truncated' */
  readonly readInto: (target: Uint8Array, begin: number) => void;
  /** Close the file; what was not read before cannot be read any more. */
  readonly close: () => void;
};

/** Bytes of one call; the system reads less than 2 GiB at once. */
const CALL_BYTES = 2 ** 30;
/** Bytes that are at hand while a file is gone through. */
const PIECE_BYTES = 2 ** 22;

/** Open a file of any size, of which parts are then read. @throws the error of the system when it cannot be opened */
export function openFile(path: string): FileSource {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  const readInto = (target: Uint8Array, begin: number): void => {
    for (let at = 0; at < target.length; ) {
      const count = readSync(descriptor, target, at, Math.min(CALL_BYTES, target.length - at), begin + at);
      if (count === 0) throw new CheckpointError('truncated', `${path} became shorter while it was read; try again`);
      at += count;
    }
  };
  const read = (begin: number, end: number): Uint8Array => {
    const bytes = new Uint8Array(end - begin);
    readInto(bytes, begin);
    return bytes;
  };
  return { path, size, read, readInto, close: () => closeSync(descriptor) };
}

/** Return the SHA-256 of files, one after another, in hexadecimal; 4 MB of them are in memory at a time. */
export function sha256OfFiles(files: Iterable<FileSource>): string {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE_BYTES);
  for (const { size, readInto } of files) {
    for (let at = 0; at < size; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, size - at));
      readInto(part, at);
      hash.update(part);
    }
  }
  return hash.digest('hex');
}

/** Return the SHA-256 of a file in hexadecimal; 4 MB of it are in memory at a time. */
export function sha256OfFile(path: string): string {
  const file = openFile(path);
  try {
    return sha256OfFiles([file]);
  } finally {
    file.close();
  }
}
