import { CheckpointError, quote } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import { isSafeEntryName } from './entry-name.js';
import { joinPieces, type Pieces } from './joined-pieces.js';

const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;
const END_RECORD = 22;
const END_RECORD_64 = 56;
const LOCATOR_64 = 20;
/** Midnight of 1 January 1980, the first date of the format: the same content gives the same file. */
const DOS_DATE = 0x21;
const UTF8_NAMES = 0x0800;
/** A field of 32 bits (or 16) that is full refers to the wide one. */
const FULL = 0xffffffff;
const FULL_16 = 0xffff;
/** Version of the format that knows wide fields, and the one before. */
const [VERSION, VERSION_64] = [20, 45];
/** Extra fields: wide sizes, and (PyTorch's number) what fills the space before aligned data. */
const [WIDE_FIELD, PADDING_FIELD] = [1, 0x4246];
const MOST_ENTRIES = 65_534;

/** A file of an archive: its bytes come when they are asked for, and may be asked for once. */
export type ZipFileEntry = { readonly name: string; readonly size: number; readonly pieces: () => Iterable<Uint8Array> };

type Entry = {
  readonly name: Uint8Array;
  readonly file: ZipFileEntry;
  /** Offsets of the local header and of the data. */
  readonly offset: number;
  readonly dataOffset: number;
  crc: number;
};

export type ZipOptions = {
  /** The data of every entry begins at a multiple of so many bytes. Default: 1. */
  readonly align?: number;
  /** Size or offset from which on the wide form (zip64) is used; a test lowers it. Default: 4 GiB - 1. */
  readonly wideFrom?: number;
};

/**
 * Write a zip archive of stored (uncompressed) entries, in the order given; zip64 where sizes need it.
 * @throws RangeError for a name given twice or no plain relative path; CheckpointError of kind 'unsupported' beyond 65,534 entries.
 */
export const writeZip = (files: Iterable<readonly [name: string, data: Uint8Array]>, options: ZipOptions = {}): Uint8Array =>
  joinPieces(
    zipPieces(
      Array.from(files, ([name, data]) => ({ name, size: data.length, pieces: () => [data] })),
      options,
    ),
  );

/** Write the same archive piece by piece; one entry is in memory at a time, since its checksum stands before it. */
export function zipPieces(files: readonly ZipFileEntry[], { align = 1, wideFrom = FULL }: ZipOptions = {}): Pieces {
  const entries = layOut(files, align, wideFrom);
  const last = entries.at(-1);
  const start = last ? last.dataOffset + last.file.size : 0;
  const size = entries.reduce((sum, entry) => sum + CENTRAL_HEADER + entry.name.length + centralExtra(entry, wideFrom), 0);
  const isWide = start >= wideFrom || size >= wideFrom;
  const endSize = (isWide ? END_RECORD_64 + LOCATOR_64 : 0) + END_RECORD;
  function* pieces(): Generator<Uint8Array> {
    for (const entry of entries) {
      const content = [...entry.file.pieces()];
      entry.crc = content.reduce((crc, piece) => crc32(piece, crc), 0);
      yield localHeader(entry, wideFrom);
      yield* content;
    }
    yield directory(entries, size, wideFrom);
    yield endRecords(entries.length, { start, size }, isWide);
  }
  return { size: start + size + endSize, pieces: pieces() };
}

function layOut(files: readonly ZipFileEntry[], align: number, wideFrom: number): Entry[] {
  const entries: Entry[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.name);
    if (names.has(file.name)) throw new RangeError(`writeZip: '${file.name}' is given twice`);
    if (!isSafeEntryName(file.name))
      throw new RangeError(`writeZip: ${quote(file.name)} is not a plain relative path of at most 1,024 characters`);
    names.add(file.name);
    const dataOffset = alignedStart(offset + LOCAL_HEADER + name.length + (file.size >= wideFrom ? 20 : 0), align);
    entries.push({ name, file, offset, dataOffset, crc: 0 });
    offset = dataOffset + file.size;
  }
  if (entries.length > MOST_ENTRIES)
    throw new CheckpointError('unsupported', `writeZip: ${entries.length} entries, at most ${MOST_ENTRIES} are written; split the file`);
  return entries;
}

/** The first multiple of `align` from `at` on that leaves either no space or enough for an extra field, whose head takes 4 bytes. */
function alignedStart(at: number, align: number): number {
  const padding = (align - (at % align)) % align;
  return at + (padding > 0 && padding < 4 ? padding + align : padding);
}

/** Write the fields that local and central header share, from "version needed" to "length of the name". */
function writeShared(view: DataView, at: number, { name, crc, file: { size } }: Entry, wideFrom: number): void {
  const isWide = size >= wideFrom;
  view.setUint16(at, isWide ? VERSION_64 : VERSION, true);
  view.setUint16(at + 2, UTF8_NAMES, true);
  view.setUint16(at + 8, DOS_DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, isWide ? FULL : size, true);
  view.setUint32(at + 18, isWide ? FULL : size, true);
  view.setUint16(at + 22, name.length, true);
}

/** Write an extra field of numbers of 64 bits. */
function writeWide(view: DataView, at: number, values: readonly number[]): void {
  view.setUint16(at, WIDE_FIELD, true);
  view.setUint16(at + 2, 8 * values.length, true);
  for (const [i, value] of values.entries()) view.setBigUint64(at + 4 + 8 * i, BigInt(value), true);
}

function localHeader(entry: Entry, wideFrom: number): Uint8Array {
  const { name, file, offset, dataOffset } = entry;
  const header = new Uint8Array(dataOffset - offset);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x04034b50, true);
  writeShared(view, 4, entry, wideFrom);
  header.set(name, LOCAL_HEADER);
  const extra = LOCAL_HEADER + name.length;
  view.setUint16(28, header.length - extra, true);
  const padding = extra + (file.size >= wideFrom ? 20 : 0);
  if (padding > extra) writeWide(view, extra, [file.size, file.size]);
  if (header.length > padding) {
    view.setUint16(padding, PADDING_FIELD, true);
    view.setUint16(padding + 2, header.length - padding - 4, true);
  }
  return header;
}

/** Numbers of an entry that need 64 bits in the directory, in the order of the format. */
const wideNumbers = ({ file: { size }, offset }: Entry, wideFrom: number): number[] => [
  ...(size >= wideFrom ? [size, size] : []),
  ...(offset >= wideFrom ? [offset] : []),
];

function centralExtra(entry: Entry, wideFrom: number): number {
  const count = wideNumbers(entry, wideFrom).length;
  return count === 0 ? 0 : 4 + 8 * count;
}

function directory(entries: readonly Entry[], size: number, wideFrom: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    const { name, offset } = entry;
    const extra = centralExtra(entry, wideFrom);
    view.setUint32(at, 0x02014b50, true);
    view.setUint16(at + 4, extra > 0 ? VERSION_64 : VERSION, true);
    writeShared(view, at + 6, entry, wideFrom);
    view.setUint16(at + 30, extra, true);
    view.setUint32(at + 42, offset >= wideFrom ? FULL : offset, true);
    bytes.set(name, at + CENTRAL_HEADER);
    if (extra > 0) writeWide(view, at + CENTRAL_HEADER + name.length, wideNumbers(entry, wideFrom));
    at += CENTRAL_HEADER + name.length + extra;
  }
  return bytes;
}

/** The records at the end, which say where the directory is. */
function endRecords(count: number, { start, size }: { readonly start: number; readonly size: number }, isWide: boolean): Uint8Array {
  const wide = isWide ? END_RECORD_64 + LOCATOR_64 : 0;
  const bytes = new Uint8Array(wide + END_RECORD);
  const view = new DataView(bytes.buffer);
  if (isWide) {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(4, BigInt(END_RECORD_64 - 12), true);
    view.setUint16(12, VERSION_64, true);
    view.setUint16(14, VERSION_64, true);
    for (const [i, value] of [count, count, size, start].entries()) view.setBigUint64(24 + 8 * i, BigInt(value), true);
    view.setUint32(END_RECORD_64, 0x07064b50, true);
    view.setBigUint64(END_RECORD_64 + 8, BigInt(start + size), true);
    view.setUint32(END_RECORD_64 + 16, 1, true);
  }
  view.setUint32(wide, 0x06054b50, true);
  view.setUint16(wide + 8, isWide ? FULL_16 : count, true);
  view.setUint16(wide + 10, isWide ? FULL_16 : count, true);
  view.setUint32(wide + 12, isWide ? FULL : size, true);
  view.setUint32(wide + 16, isWide ? FULL : start, true);
  return bytes;
}
