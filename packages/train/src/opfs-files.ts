import { RunBusy, RunError } from './run-error.js';
import { type FileContent, isUnfinished, piecesOfContent, type RunFiles } from './run-files.js';

/** The part of `navigator.locks` that keeps two pages out of one run. */
export type Locks = Pick<LockManager, 'request'>;

type Folder = FileSystemDirectoryHandle;

/** Mark beside NAME.tmp: all of it is written, and NAME is to become it. */
const ready = '.ready';

/**
 * Keep a run in a folder of a page's origin-private file system, in the layout of a run folder on a disk. A file is replaced when its writer is
 * closed, whole or not at all. Folders cannot be renamed there, so a folder is written as NAME.tmp, marked as ready, and copied: `recover`
 * finishes a copy that was cut short.
 * @param root folder of the run, such as `(await navigator.storage.getDirectory()).getDirectoryHandle('run', { create: true })`.
 * @param locks Default: `navigator.locks`.
 */
export function opfsFiles(root: Folder, locks: Locks = navigator.locks): RunFiles {
  const { name } = root;
  let release: (() => void) | undefined;

  const folderAt = async (path: string, create: boolean): Promise<Folder | undefined> => {
    let folder = root;
    for (const part of path.split('/').filter((text) => text !== '')) {
      const next = await missingAsUndefined(folder.getDirectoryHandle(part, { create }));
      if (!next) return undefined;
      folder = next;
    }
    return folder;
  };
  const around = (path: string): { readonly parent: string; readonly name: string } => {
    const cut = path.lastIndexOf('/');
    return { parent: path.slice(0, Math.max(0, cut)), name: path.slice(cut + 1) };
  };
  const fileAt = async (path: string, create: boolean): Promise<FileSystemFileHandle | undefined> => {
    const { parent, name: file } = around(path);
    const folder = await folderAt(parent, create);
    return folder && missingAsUndefined(folder.getFileHandle(file, { create }));
  };
  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const file = await fileAt(path, false);
    return file && new Uint8Array(await (await file.getFile()).arrayBuffer());
  };
  const write = async (path: string, content: FileContent, keep = false): Promise<void> => {
    const file = (await fileAt(path, true))!;
    const writer = await file.createWritable({ keepExistingData: keep });
    if (keep) await writer.seek((await file.getFile()).size);
    for (const piece of piecesOfContent(content).pieces) await writer.write(piece as FileSystemWriteChunkType);
    await writer.close();
  };
  const list = async (path: string): Promise<string[]> => {
    const folder = await folderAt(path, false);
    const names: string[] = [];
    if (folder) for await (const entry of folder.keys()) names.push(entry);
    return names;
  };
  const remove = async (path: string): Promise<void> => {
    const { parent, name: entry } = around(path);
    const folder = await folderAt(parent, false);
    await missingAsUndefined(folder?.removeEntry(entry, { recursive: true }) ?? Promise.resolve());
  };
  /** Make PATH a copy of PATH.tmp; may be repeated until the mark is gone. */
  const install = async (path: string): Promise<void> => {
    await remove(path);
    await folderAt(path, true);
    for (const file of await list(`${path}.tmp`)) await write(`${path}/${file}`, (await read(`${path}.tmp/${file}`))!);
    await remove(`${path}${ready}`);
    await remove(`${path}.tmp`);
  };
  const recoverIn = async (path: string): Promise<void> => {
    const names = await list(path);
    const at = (entry: string): string => (path === '' ? entry : `${path}/${entry}`);
    for (const entry of names.filter((found) => found.endsWith(ready))) await install(at(entry.slice(0, -ready.length)));
    for (const entry of (await list(path)).filter(isUnfinished)) await remove(at(entry));
  };

  return {
    name,
    list,
    read,
    write,
    writeFolder: async (path, files) => {
      await remove(`${path}.tmp`);
      for (const [file, content] of files) await write(`${path}.tmp/${file}`, content);
      await write(`${path}${ready}`, '');
      await install(path);
    },
    append: (path, text) => write(path, text, true),
    flush: async () => {},
    remove,
    requireWritable: async () => {
      const probe = 'probe.tmp';
      try {
        await write(probe, '');
        await remove(probe);
      } catch (error) {
        throw new RunError('place', `cannot write in ${name}: ${(error as Error).message}`, 'choose another place', { cause: error });
      }
    },
    lock: async () => {
      if (release) return;
      release = await new Promise<() => void>((resolve, reject) => {
        const held = locks.request(`tract-run ${name}`, { ifAvailable: true }, (lock) => {
          if (!lock) throw new RunBusy(`${name} is in use by another page`, 'let it end, or close that page');
          return new Promise<void>((end) => resolve(end));
        });
        held.catch(reject);
      });
    },
    unlock: async () => {
      release?.();
      release = undefined;
    },
    recover: async () => {
      for (const folder of ['', 'checkpoints']) await recoverIn(folder);
    },
  };
}

/** @returns undefined for what is not there, instead of a NotFoundError. */
async function missingAsUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined;
    throw error;
  }
}
