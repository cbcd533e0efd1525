import { CheckpointError, quote } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import { isSafeEntryName } from './entry-name.js';

const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;
const END_RECORD = 22;
/** Midnight of 1 January 1980, the first date of the format: the same content gives the same file. */
const DOS_DATE = 0x21;
const UTF8_NAMES = 0x0800;

type Entry = {
  readonly name: Uint8Array;
  readonly data: Uint8Array;
  readonly crc: number;
  /** Where the local header begins, and where the data. */
  readonly offset: number;
  readonly dataOffset: number;
};

/** Number of the extra field that fills the space before aligned data; PyTorch uses the same. */
const PADDING_FIELD = 0x4246;

/**
 * Writes a zip archive of stored (uncompressed) entries, in the order given. With `align` the data of every entry begins at a multiple
 * of that many bytes.
 * @throws RangeError for a name given twice or no plain relative path; CheckpointError of kind 'unsupported' beyond 65,534 entries or 4 GiB, which would need zip64.
 */
export function writeZip(
  files: Iterable<readonly [name: string, data: Uint8Array]>,
  { align = 1 }: { readonly align?: number } = {},
): Uint8Array {
  const entries = layOut(files, align);
  const last = entries.at(-1);
  const centralStart = last ? last.dataOffset + last.data.length : 0;
  const centralSize = entries.reduce((sum, { name }) => sum + CENTRAL_HEADER + name.length, 0);
  const total = centralStart + centralSize + END_RECORD;
  if (entries.length >= 0xffff || total >= 0xffffffff) {
    throw new CheckpointError(
      'unsupported',
      `writeZip: ${entries.length} entries of ${total} bytes need zip64, which is not written yet; split the file`,
    );
  }
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  let at = centralStart;
  for (const entry of entries) {
    writeLocalHeader(view, entry);
    file.set(entry.name, entry.offset + LOCAL_HEADER);
    file.set(entry.data, entry.dataOffset);
    writeCentralHeader(view, at, entry);
    file.set(entry.name, at + CENTRAL_HEADER);
    at += CENTRAL_HEADER + entry.name.length;
  }
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, entries.length, true);
  view.setUint16(at + 10, entries.length, true);
  view.setUint32(at + 12, centralSize, true);
  view.setUint32(at + 16, centralStart, true);
  return file;
}

function layOut(files: Iterable<readonly [string, Uint8Array]>, align: number): Entry[] {
  const entries: Entry[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const [text, data] of files) {
    const name = new TextEncoder().encode(text);
    if (names.has(text)) throw new RangeError(`writeZip: '${text}' is given twice`);
    if (!isSafeEntryName(text)) throw new RangeError(`writeZip: ${quote(text)} is not a plain relative path of at most 1,024 characters`);
    names.add(text);
    const dataOffset = alignedStart(offset + LOCAL_HEADER + name.length, align);
    entries.push({ name, data, crc: crc32(data), offset, dataOffset });
    offset = dataOffset + data.length;
  }
  return entries;
}

/** The first multiple of `align` from `at` on that leaves either no space or enough for an extra field, whose head takes 4 bytes. */
function alignedStart(at: number, align: number): number {
  const padding = (align - (at % align)) % align;
  return at + (padding > 0 && padding < 4 ? padding + align : padding);
}

/** The fields that local and central header share, from "version needed" to "length of the extra field". */
function writeShared(view: DataView, at: number, { name, data, crc }: Entry): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, UTF8_NAMES, true);
  view.setUint16(at + 8, DOS_DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, data.length, true);
  view.setUint32(at + 18, data.length, true);
  view.setUint16(at + 22, name.length, true);
}

function writeLocalHeader(view: DataView, entry: Entry): void {
  view.setUint32(entry.offset, 0x04034b50, true);
  writeShared(view, entry.offset + 4, entry);
  const extra = entry.offset + LOCAL_HEADER + entry.name.length;
  if (entry.dataOffset === extra) return;
  view.setUint16(entry.offset + 28, entry.dataOffset - extra, true);
  view.setUint16(extra, PADDING_FIELD, true);
  view.setUint16(extra + 2, entry.dataOffset - extra - 4, true);
}

function writeCentralHeader(view: DataView, at: number, entry: Entry): void {
  view.setUint32(at, 0x02014b50, true);
  view.setUint16(at + 4, 20, true);
  writeShared(view, at + 6, entry);
  view.setUint32(at + 42, entry.offset, true);
}
