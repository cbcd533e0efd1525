import { createHash } from 'node:crypto';
import fs, { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openFile } from '@tract/checkpoint/node';
import { RunDamaged, RunError } from '../run-error.js';
import { isUnfinished, type RunFiles } from '../run-files.js';
import { type RunStore, runNames, runStore, type StoreOptions } from '../run-store.js';
import { removeAtomically, settleFolder, sync, writeArriving, writeFileAtomically, writeFolderAtomically } from './atomic.js';
import type { Disk } from './disk.js';
import { makeFolder, requireRoom } from './make-folder.js';
import { lockRun, unlockRun } from './run-lock.js';

/**
 * Keep a run in a folder. Files and folders are written beside their place, brought to the disk (fsync) and renamed.
 * @param run path of the folder, which `lock` creates. @param disk Default: `node:fs`; tests put faults in its place.
 */
export function folderFiles(run: string, disk: Disk = fs): RunFiles {
  const at = (path: string): string => join(run, path);
  return {
    name: run.replace(/(?<=.)[/\\]+$/, ''),
    list: async (folder) => {
      if (!existsSync(at(folder))) return [];
      if (!statSync(at(folder)).isDirectory()) throw new RunError('occupied', `${at(folder)} is not a folder`, 'choose another place');
      return readdirSync(at(folder));
    },
    read: async (path) => {
      try {
        return readFileSync(at(path));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw new RunDamaged(`cannot read ${at(path)}: ${message}`, 'check the disk, or restore the file from a copy', error);
      }
    },
    open: async (path) => {
      if (!existsSync(at(path))) return undefined;
      return { size: statSync(at(path)).size, read: (begin, end) => readPart(at(path), begin, end) };
    },
    sha256: ({ pieces }) => {
      const hash = createHash('sha256');
      for (const piece of pieces) for (let from = 0; from < piece.length; from += HASHED) hash.update(piece.subarray(from, from + HASHED));
      return hash.digest('hex');
    },
    write: async (path, content) => {
      makeFolder(dirname(at(path)), disk);
      writeFileAtomically(at(path), content, disk);
    },
    spool: async (path, size, arriving) => {
      await writeArriving(at(path), size, arriving, disk);
      return { size, read: (begin, end) => readPart(at(path), begin, end) };
    },
    writeFolder: async (path, files) => writeFolderAtomically(at(path), files, disk),
    append: async (path, text) => appendFileSync(at(path), text),
    flush: async (path) => {
      if (existsSync(at(path))) sync(at(path), disk);
    },
    remove: async (path) => {
      if (existsSync(at(path))) removeAtomically(at(path), disk);
    },
    requireWritable: async () => requireRoom(run),
    lock: async () => {
      makeFolder(run, disk);
      lockRun(run);
    },
    unlock: async () => unlockRun(run),
    recover: async () => {
      for (const folder of ['', runNames.checkpoints].map(at).filter((path) => existsSync(path))) {
        const names = readdirSync(folder);
        for (const name of names.filter(isUnfinished)) rmSync(join(folder, name), { recursive: true, force: true });
        for (const name of names.filter((found) => found.endsWith('.old'))) settleFolder(join(folder, name.slice(0, -4)));
      }
    },
  };
}

/** Bytes that are hashed at once; no call takes 2 GiB. */
const HASHED = 2 ** 26;

/** Read a part of a file, which is open no longer than that. */
function readPart(path: string, begin: number, end: number): Uint8Array {
  const file = openFile(path);
  try {
    return file.read(begin, end);
  } catch (error) {
    throw new RunDamaged(`cannot read ${path}: ${(error as Error).message}`, 'check the disk, or restore the file from a copy', error);
  } finally {
    file.close();
  }
}

/** The store of a run in a folder. */
export const folderStore = (run: string, options: StoreOptions & { readonly disk?: Disk } = {}): RunStore =>
  runStore(folderFiles(run, options.disk), options);
