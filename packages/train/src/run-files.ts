import { type ByteSource, joinPieces, type Pieces } from '@tract/checkpoint';

/** Content of a file; text is UTF-8. Pieces are written one after another, so that a file may be larger than one array, and can be written once. */
export type FileContent = Uint8Array | string | Pieces;

/** The pieces of a content. */
export function piecesOfContent(content: FileContent): Pieces {
  if (typeof content === 'string') return piecesOfContent(new TextEncoder().encode(content));
  return content instanceof Uint8Array ? { size: content.length, pieces: [content] } : content;
}

/** All bytes of a content, for stores that write a file at once. */
export const bytesOfContent = (content: FileContent): Uint8Array =>
  content instanceof Uint8Array ? content : joinPieces(piecesOfContent(content));

/**
 * Files of one run, which a run store is built on: a folder of a disk, the private file system of a page, or memory. Paths are relative to the
 * run and separated by `/`. A write is whole or has not happened, also when the process is killed or the machine loses power in it.
 */
export type RunFiles = {
  /** The run's name in messages, such as the path of its folder. */
  readonly name: string;
  /** Names of the files and folders in a folder, in no order; `''` is the run itself. None where there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>;
  /** Content of a file; undefined where there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** Open a file of any size, to be read in parts; undefined where there is none. Default: `read`. */
  readonly open?: (path: string) => Promise<ByteSource | undefined>;
  /** SHA-256 of pieces in hexadecimal, without joining them. Default: Web Crypto's, which takes all at once. */
  readonly sha256?: (pieces: Pieces) => string;
  /**
   * Put bytes that arrive one after another, `size` in all, into a file that need not outlive the process, and open it. Default: there are no such files.
   * @throws WriteError or another error of the store's.
   */
  readonly spool?: (path: string, size: number, arriving: AsyncIterable<Uint8Array>) => Promise<ByteSource>;
  /** Write a file, in the place of one of that name. @throws WriteError or another error of the store's. */
  readonly write: (path: string, content: FileContent) => Promise<void>;
  /** Write a folder of files, in the place of one of that name. */
  readonly writeFolder: (path: string, files: ReadonlyMap<string, FileContent>) => Promise<void>;
  /** Add text to the end of a file, which is created where there is none. The one write that may be lost in part, until `flush`. */
  readonly append: (path: string, text: string) => Promise<void>;
  /** Wait until what was appended to a file cannot be lost. */
  readonly flush: (path: string) => Promise<void>;
  /** Remove a file or folder, if there is one. */
  readonly remove: (path: string) => Promise<void>;
  /** Check, before any work, that the run can be created here. @throws RunError (place) */
  readonly requireWritable: () => Promise<void>;
  /** Make this process the only one that writes here, until `unlock`. Locking twice is locking once. @throws RunBusy */
  readonly lock: () => Promise<void>;
  readonly unlock: () => Promise<void>;
  /** Complete or remove what a crash left half written. Needs the lock. */
  readonly recover: () => Promise<void>;
};

/** Name of the lock, for files that keep one beside the others. */
export const lockName = 'lock';

/** True for the name of something that was being written when a crash came. */
export const isUnfinished = (name: string): boolean => name.endsWith('.tmp');
