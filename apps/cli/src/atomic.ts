import fs, { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Disk } from './disk.js';
import { CliError } from './errors.js';
import { makeFolder } from './folders.js';
import { writeError } from './write-error.js';

/** Bytes of one call: no system takes more than 2 GiB at once. */
const chunk = 2 ** 26;

/** Writes all the bytes. A full disk may take a part only and say so on the next call. */
function writeAll(file: number, bytes: Uint8Array, disk: Disk): void {
  for (let at = 0; at < bytes.length; ) {
    const written = disk.writeSync(file, bytes, at, Math.min(bytes.length - at, chunk));
    if (written === 0) throw new Error(`the system took ${at} of ${bytes.length} bytes and no more`);
    at += written;
  }
}

function writeAndSync(path: string, bytes: Uint8Array, disk: Disk): void {
  const file = disk.openSync(path, 'w');
  try {
    writeAll(file, bytes, disk);
    disk.fsyncSync(file);
  } finally {
    disk.closeSync(file);
  }
}

/** Waits until the disk has what was written to a file, or which names a folder holds. */
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

const bytesOf = (content: Uint8Array | string): Uint8Array => (typeof content === 'string' ? Buffer.from(content) : content);

/** Runs what writes `path` by way of `temporary`, which a failure takes away again. @throws CliError as `write` does, WriteError for all else. */
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
    throw error instanceof CliError ? error : writeError(path, bytes, error as Error);
  }
}

/** Writes a file so that a reader, or a machine that loses power, sees the old content or the new, never a part. @throws WriteError */
export function writeFileAtomically(path: string, content: Uint8Array | string, disk: Disk = fs): void {
  const temporary = `${path}.tmp`;
  const bytes = bytesOf(content);
  committing(path, temporary, bytes.length, disk, () => {
    writeAndSync(temporary, bytes, disk);
    disk.renameSync(temporary, path);
    sync(dirname(path), disk);
  });
}

/**
 * Writes a folder of files as `PATH.tmp` and renames it to PATH when all of it is on the disk. A folder of that name is replaced;
 * between the two renames it lies beside as `PATH.old`, where `settleFolder` finds it.
 * @throws WriteError
 */
export function writeFolderAtomically(path: string, files: ReadonlyMap<string, Uint8Array | string>, disk: Disk = fs): void {
  const [temporary, old] = [`${path}.tmp`, `${path}.old`];
  const contents = Array.from(files, ([name, content]) => ({ name, bytes: bytesOf(content) }));
  const needed = contents.reduce((sum, { bytes }) => sum + bytes.length, 0);
  committing(path, temporary, needed, disk, () => {
    settleFolder(path, disk);
    disk.rmSync(temporary, { recursive: true, force: true });
    makeFolder(temporary, disk);
    for (const { name, bytes } of contents) writeAndSync(join(temporary, name), bytes, disk);
    sync(temporary, disk);
    if (existsSync(path)) disk.renameSync(path, old);
    disk.renameSync(temporary, path);
    sync(dirname(path), disk);
    disk.rmSync(old, { recursive: true, force: true });
  });
}

/** Puts a folder right whose replacement was cut short: the old one comes back, or what is left of it goes. */
export function settleFolder(path: string, disk: Disk = fs): void {
  const old = `${path}.old`;
  if (!existsSync(old)) return;
  if (existsSync(path)) disk.rmSync(old, { recursive: true, force: true });
  else disk.renameSync(old, path);
}

/** Removes a folder so that no part of it is ever seen under its name. @throws WriteError */
export function removeFolder(path: string, disk: Disk = fs): void {
  const temporary = `${path}.tmp`;
  committing(path, temporary, 0, disk, () => {
    disk.renameSync(path, temporary);
    disk.rmSync(temporary, { recursive: true, force: true });
  });
}
