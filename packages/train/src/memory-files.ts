import { RunBusy } from './run-error.js';
import { bytesOfContent, type FileContent, lockName, type RunFiles } from './run-files.js';

/** Files of runs in memory, by path. Two `memoryFiles` over one map see one run, as two processes see one folder. */
export type MemoryDisk = Map<string, Uint8Array>;

const encoder = new TextEncoder();
const bytesOf = (content: FileContent): Uint8Array => bytesOfContent(content).slice();

/** Keep a run in memory: for tests, and for pages that keep nothing. */
export function memoryFiles(disk: MemoryDisk = new Map(), name = 'memory'): RunFiles {
  let isOurs = false;
  const remove = (path: string): void => {
    for (const found of [...disk.keys()]) if (found === path || found.startsWith(`${path}/`)) disk.delete(found);
  };
  return {
    name,
    list: async (folder) => {
      const start = folder === '' ? '' : `${folder}/`;
      const below = [...disk.keys()].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length).split('/')[0]);
      return [...new Set(below)];
    },
    read: async (path) => disk.get(path)?.slice(),
    write: async (path, content) => void disk.set(path, bytesOf(content)),
    writeFolder: async (path, files) => {
      remove(path);
      for (const [file, content] of files) disk.set(`${path}/${file}`, bytesOf(content));
    },
    append: async (path, text) => void disk.set(path, Uint8Array.of(...(disk.get(path) ?? []), ...encoder.encode(text))),
    flush: async () => {},
    remove: async (path) => remove(path),
    requireWritable: async () => {},
    lock: async () => {
      if (isOurs) return;
      if (disk.has(lockName)) throw new RunBusy(`${name} is in use by another task`, 'let it end');
      disk.set(lockName, new Uint8Array());
      isOurs = true;
    },
    unlock: async () => {
      if (isOurs) disk.delete(lockName);
      isOurs = false;
    },
    recover: async () => {},
  };
}
