import type { Locks } from '../opfs-files.js';

const notFound = (name: string) => new DOMException(`${name} is not there`, 'NotFoundError');

/**
 * The calls of a page's private file system that `opfsFiles` makes, in memory: handles of folders and files, writers whose content is seen when
 * they are closed and not before, removal with all that is inside, NotFoundError. Not covered: quotas, and locks of open files.
 */
export function fakeRoot(name: string): FileSystemDirectoryHandle {
  return folderHandle(name, new Map()) as unknown as FileSystemDirectoryHandle;
}

type Entry = { readonly kind: 'file'; bytes: Uint8Array<ArrayBuffer> } | { readonly kind: 'folder'; readonly entries: Map<string, Entry> };

const folderHandle = (name: string, entries: Map<string, Entry>) => ({
  name,
  kind: 'directory',
  getDirectoryHandle: async (child: string, { create = false } = {}) => {
    if (!entries.has(child) && create) entries.set(child, { kind: 'folder', entries: new Map() });
    const found = entries.get(child);
    if (!found) throw notFound(child);
    if (found.kind === 'file') throw new DOMException(`${child} is a file`, 'TypeMismatchError');
    return folderHandle(child, found.entries);
  },
  getFileHandle: async (child: string, { create = false } = {}) => {
    if (!entries.has(child) && create) entries.set(child, { kind: 'file', bytes: new Uint8Array() });
    const found = entries.get(child);
    if (!found) throw notFound(child);
    if (found.kind === 'folder') throw new DOMException(`${child} is a folder`, 'TypeMismatchError');
    return fileHandle(found);
  },
  removeEntry: async (child: string, { recursive = false } = {}) => {
    const found = entries.get(child);
    if (!found) throw notFound(child);
    if (found.kind === 'folder' && found.entries.size > 0 && !recursive)
      throw new DOMException(`${child} is not empty`, 'InvalidModificationError');
    entries.delete(child);
  },
  keys: async function* () {
    yield* [...entries.keys()];
  },
});

const fileHandle = (file: Entry & { readonly kind: 'file' }) => ({
  kind: 'file',
  getFile: async () => new Blob([file.bytes]),
  createWritable: async ({ keepExistingData = false } = {}) => {
    let bytes = keepExistingData ? file.bytes : new Uint8Array();
    let at = 0;
    return {
      seek: async (position: number) => {
        at = position;
      },
      write: async (content: Uint8Array | string) => {
        const more = typeof content === 'string' ? new TextEncoder().encode(content) : content;
        const next = new Uint8Array(Math.max(bytes.length, at + more.length));
        next.set(bytes);
        next.set(more, at);
        at += more.length;
        bytes = next;
      },
      close: async () => {
        file.bytes = bytes;
      },
    };
  },
});

/** Web locks of one origin: exclusive, and refused at once with `ifAvailable`. */
export function fakeLocks(): Locks {
  const held = new Set<string>();
  const request = async (name: string, _: unknown, callback: (lock: unknown) => unknown): Promise<unknown> => {
    if (held.has(name)) return callback(null);
    held.add(name);
    try {
      return await callback({ name });
    } finally {
      held.delete(name);
    }
  };
  return { request } as unknown as Locks;
}
