import { inflateRawSync } from 'node:zlib';
import { crc32 } from '@tract/checkpoint';
import type { Damaged, RandomAccessFile } from './random-access-file.js';

/** Directory record of an entry of a zip archive: its compression, checksum, sizes, and where its own header begins. Plain data. */
export type ZipEntry = {
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
};

/** A part of a file, in bytes. */
export type FileRange = { readonly offset: number; readonly length: number };

export const LOCAL_HEADER = 30;
/** The largest entry that is read as a whole; `dataset.json` of ImageNet is 50 MB. */
const MAX_ENTRY = 2 ** 28;
const STORED = 0;
const DEFLATED = 8;

/** The content of an entry, its checksum compared. @throws DataError from `damaged` */
export function readEntry(file: RandomAccessFile, entry: ZipEntry, damaged: Damaged): Uint8Array {
  const { method, crc, packed, size } = entry;
  if (size > MAX_ENTRY || packed > MAX_ENTRY) throw damaged(`takes ${Math.max(size, packed)} bytes, at most ${MAX_ENTRY} are read`);
  const { offset, length } = packedRange(file, entry, damaged);
  const bytes = unpack(new Uint8Array(file.take(offset, length, damaged).buffer), method, size, damaged);
  if (bytes.length !== size) throw damaged(`should be ${size} bytes, is ${bytes.length}`);
  if (crc32(bytes) !== crc) throw damaged('does not match its CRC-32');
  return bytes;
}

/** Locate the content of an entry that is stored as it is, to be read in parts; undefined for one that is compressed. @throws DataError from `damaged` */
export function storedRange(file: RandomAccessFile, entry: ZipEntry, damaged: Damaged): FileRange | undefined {
  if (entry.method !== STORED) return undefined;
  if (entry.packed !== entry.size) throw damaged(`is stored, but ${entry.size} bytes take ${entry.packed}`);
  return packedRange(file, entry, damaged);
}

function packedRange(file: RandomAccessFile, { offset, packed }: ZipEntry, damaged: Damaged): FileRange {
  const header = file.take(offset, LOCAL_HEADER, damaged);
  if (header.getUint32(0, true) !== 0x04034b50) throw damaged(`has no header at byte ${offset}`);
  return { offset: offset + LOCAL_HEADER + header.getUint16(26, true) + header.getUint16(28, true), length: packed };
}

function unpack(bytes: Uint8Array, method: number, size: number, damaged: Damaged): Uint8Array {
  if (method === STORED) return bytes;
  if (method !== DEFLATED) throw damaged(`is compressed by method ${method}, we read stored and deflated ones`);
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    throw damaged(`does not inflate to its ${size} bytes (${(cause as Error).message})`);
  }
}
