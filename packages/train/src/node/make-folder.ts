import fs, { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { RunError } from '../run-error.js';
import type { Disk } from './disk.js';

const cannot = (path: string, reason: string) => new RunError('place', `cannot create ${path}: ${reason}`, 'choose another place');

/** Codes that tell of the disk and not of the place. */
const diskFaults = new Set(['ENOSPC', 'EDQUOT', 'EIO']);

/**
 * Create a folder and those above it, if they are not there. Node's recursive mkdir is no choice: it never returns where the system refuses
 * new folders as if their parent were missing, as /proc does.
 * @throws RunError (place) that names the folder; the error of the system when the disk fails.
 */
export function makeFolder(path: string, disk: Disk = fs): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path), disk);
  try {
    disk.mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && diskFaults.has(code)) throw error;
    if (code !== 'EEXIST') throw cannot(path, `the system refuses it (${code})`);
  }
}

/** Check, before any work, that something can be created at `path`: the nearest folder above it that exists must be one that we may write in. @throws RunError (place) */
export function requireRoom(path: string): void {
  let above = dirname(resolve(path));
  while (!existsSync(above)) above = dirname(above);
  if (!statSync(above).isDirectory()) throw cannot(path, `${above} is not a folder`);
  try {
    accessSync(above, constants.W_OK);
  } catch {
    throw cannot(path, `no permission to write in ${above}`);
  }
}
