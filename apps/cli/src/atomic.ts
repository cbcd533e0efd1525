import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './folders.js';

/** Writes all the bytes and waits until the disk has them. A full disk may take a part only and say so on the next call. */
function writeAndSync(path: string, content: Uint8Array | string): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const file = openSync(path, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  // Windows cannot open a folder for this, and needs no such call.
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Writes a file so that a reader, or a machine that loses power, sees the old content or the new, never a part. */
export function writeFileAtomically(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.tmp`;
  try {
    writeAndSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/**
 * Writes a folder of files as `PATH.tmp` and renames it to PATH when all of it is on the disk. A folder of that name is replaced;
 * between the two renames it lies beside as `PATH.old`, where `settleFolder` finds it.
 */
export function writeFolderAtomically(path: string, files: ReadonlyMap<string, Uint8Array | string>): void {
  const temporary = `${path}.tmp`;
  const old = `${path}.old`;
  settleFolder(path);
  rmSync(temporary, { recursive: true, force: true });
  makeFolder(temporary);
  try {
    for (const [name, content] of files) writeAndSync(join(temporary, name), content);
    syncFolder(temporary);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  if (existsSync(path)) renameSync(path, old);
  renameSync(temporary, path);
  syncFolder(dirname(path));
  rmSync(old, { recursive: true, force: true });
}

/** Puts a folder right whose replacement was cut short: the old one comes back, or what is left of it goes. */
export function settleFolder(path: string): void {
  const old = `${path}.old`;
  if (!existsSync(old)) return;
  if (existsSync(path)) rmSync(old, { recursive: true, force: true });
  else renameSync(old, path);
}
