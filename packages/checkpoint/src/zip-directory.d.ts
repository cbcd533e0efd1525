import { type Fail } from './checkpoint-error.js';
/** One file inside a zip archive, its headers checked against each other; `begin` and `end` are the range of its stored bytes. */
export type ZipEntry = {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  readonly size: number;
  readonly begin: number;
  readonly end: number;
};
/**
 * The table of contents of a zip archive. Entries may not overlap (an overlap is how a small file inflates without end), must lie
 * before the directory, and each local header must say what the directory says.
 */
export declare function readZipDirectory(bytes: Uint8Array, fail: Fail): ZipEntry[];
//# sourceMappingURL=zip-directory.d.ts.map
