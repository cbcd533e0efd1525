import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { usageError } from './errors.js';

const cannot = (path: string, reason: string) => usageError(`cannot create ${path}: ${reason}; choose another place for --out`);

/**
 * Creates a folder and those above it, if they are not there. Node's recursive mkdir is no choice: it never returns where the system
 * refuses new folders as if their parent were missing, as /proc does.
 * @throws CliError (usage) that names the folder.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw cannot(path, `the system refuses it (${code})`);
  }
}

/** Looks, before any work, whether something can be created at `path`: what is there of its folders must be one that we may write in. @throws CliError (usage) */
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
