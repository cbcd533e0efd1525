import fs, { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Pieces } from '@tract/checkpoint';
import { RunError } from '../run-error.js';
import { type FileContent, piecesOfContent } from '../run-files.js';
import type { Disk } from './disk.js';
import { makeFolder } from './make-folder.js';
import { WriteError } from './write-error.js';

/** Bytes of one call: no system takes more than 2 GiB at once. */
const chunk = 2 ** 26;

/** Write all the bytes. A full disk may take a part only, and say so on the next call. */
function writeAll(file: number, bytes: Uint8Array, disk: Disk): void {
  for (let at = 0; at < bytes.length; ) {
    const written = disk.writeSync(file, bytes, at, Math.min(bytes.length - at, chunk));
    if (written === 0) throw new Error(`the system took ${at} of ${bytes.length} bytes and no more`);
    at += written;
  }
}

/** An error of what makes the content of a file, which is not the disk's. */
class ContentError extends Error {}

/** Give the next of the pieces to `use`. Nothing holds it while the one after it is made, so that one large tensor at a time is in memory. */
function useNext(pieces: Iterator<Uint8Array>, use: (piece: Uint8Array) => void): boolean {
  let next: IteratorResult<Uint8Array>;
  try {
    next = pieces.next();
  } catch (cause) {
    throw new ContentError('the content could not be made', { cause });
  }
  if (!next.done) use(next.value);
  return !next.done;
}

function writeAndSync(path: string, { pieces }: Pieces, disk: Disk): void {
  const file = disk.openSync(path, 'w');
  try {
    const left = pieces[Symbol.iterator]();
    while (useNext(left, (piece) => writeAll(file, piece, disk)));
    disk.fsyncSync(file);
  } finally {
    disk.closeSync(file);
  }
}

/** Write bytes as they arrive, `size` in all, to a file that is not brought to the disk. A failure removes it. @throws WriteError, or the error of what arrives */
export async function writeArriving(path: string, size: number, arriving: AsyncIterable<Uint8Array>, disk: Disk = fs): Promise<void> {
  const trying = (work: () => void): void => committing(path, path, size, disk, work);
  let [file, isWhole] = [-1, false];
  trying(() => {
    file = disk.openSync(path, 'w');
  });
  try {
    for await (const piece of arriving) trying(() => writeAll(file, piece, disk));
    isWhole = true;
  } finally {
    disk.closeSync(file);
    if (!isWhole) disk.rmSync(path, { force: true });
  }
}

/** Wait until the disk has the content of a file, or the names in a folder. */
export function sync(path: string, disk: Disk = fs): void {
  // Windows cannot open a folder for this, and needs no such call.
  if (process.platform === 'win32') return;
  const file = disk.openSync(path, 'r');
  try {
    disk.fsyncSync(file);
  } finally {
    disk.closeSync(file);
  }
}

/** Run `write`, which writes `path` by way of `temporary`; a failure removes the latter. @throws RunError as `write` does, the error of what makes the content, WriteError for all else. */
function committing(path: string, temporary: string, bytes: number, disk: Disk, write: () => void): void {
  try {
    write();
  } catch (error) {
    try {
      disk.rmSync(temporary, { recursive: true, force: true });
      settleFolder(path, disk);
    } catch {
      // The first error says more; what is left goes when the folder is written or opened again.
    }
    if (error instanceof ContentError) throw error.cause;
    throw error instanceof RunError ? error : new WriteError(path, bytes, error as Error);
  }
}

/** Write a file so that a reader, or a machine that loses power, sees the old content or the new, never a part. @throws WriteError */
export function writeFileAtomically(path: string, content: FileContent, disk: Disk = fs): void {
  const temporary = `${path}.tmp`;
  const pieces = piecesOfContent(content);
  committing(path, temporary, pieces.size, disk, () => {
    writeAndSync(temporary, pieces, disk);
    disk.renameSync(temporary, path);
    sync(dirname(path), disk);
  });
}

/**
 * Write a folder of files, whose names may be in folders of their own, as PATH.tmp, and rename it to PATH when all of it is on the disk. A folder of that name is replaced; between the two
 * renames it lies beside as PATH.old, where `settleFolder` finds it.
 * @throws WriteError
 */
export function writeFolderAtomically(path: string, files: ReadonlyMap<string, FileContent>, disk: Disk = fs): void {
  const [temporary, old] = [`${path}.tmp`, `${path}.old`];
  const contents = Array.from(files, ([name, content]) => ({ name, pieces: piecesOfContent(content) }));
  const needed = contents.reduce((sum, { pieces }) => sum + pieces.size, 0);
  committing(path, temporary, needed, disk, () => {
    settleFolder(path, disk);
    disk.rmSync(temporary, { recursive: true, force: true });
    const folders = new Set([temporary, ...contents.map(({ name }) => dirname(join(temporary, name)))]);
    for (const folder of folders) makeFolder(folder, disk);
    for (const { name, pieces } of contents) writeAndSync(join(temporary, name), pieces, disk);
    for (const folder of folders) sync(folder, disk);
    if (existsSync(path)) disk.renameSync(path, old);
    disk.renameSync(temporary, path);
    sync(dirname(path), disk);
    disk.rmSync(old, { recursive: true, force: true });
  });
}

/** Finish the replacement of a folder that was cut short: bring the old one back, or remove what is left of it. */
export function settleFolder(path: string, disk: Disk = fs): void {
  const old = `${path}.old`;
  if (!existsSync(old)) return;
  if (existsSync(path)) disk.rmSync(old, { recursive: true, force: true });
  else disk.renameSync(old, path);
}

/** Remove a folder or file so that no part of it is ever seen under its name. @throws WriteError */
export function removeAtomically(path: string, disk: Disk = fs): void {
  const temporary = `${path}.tmp`;
  committing(path, temporary, 0, disk, () => {
    disk.renameSync(path, temporary);
    disk.rmSync(temporary, { recursive: true, force: true });
  });
}
