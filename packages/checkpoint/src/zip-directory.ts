import type { ByteSource } from './byte-source.js';
import { type Fail, quote } from './checkpoint-error.js';
import { isSafeEntryName } from './entry-name.js';

/** One file inside a zip archive, its headers checked against each other; `begin` and `end` are the range of its stored bytes. */
export type ZipEntry = {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  readonly size: number;
  readonly begin: number;
  readonly end: number;
};

const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;
const END_RECORD = 22;
const END_RECORD_64 = 56;
const LOCATOR_64 = 20;
const MAX_ENTRIES = 10_000;
const MAX_DIRECTORY = 2 ** 26;

type CentralEntry = Omit<ZipEntry, 'begin' | 'end'> & {
  readonly packed: number;
  readonly flags: number;
  readonly rawName: Uint8Array;
  readonly offset: number;
};

/**
 * Read the table of contents of a zip archive. Entries may not overlap (an overlap is how a small file inflates without end), must lie
 * before the directory, and each local header must say what the directory says.
 */
export function readZipDirectory(file: ByteSource, fail: Fail): ZipEntry[] {
  const directory = findDirectory(file, fail);
  const bytes = file.read(directory.start, directory.end);
  const view = viewOf(bytes);
  const names = new Set<string>();
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    const { entry, next } = readCentralEntry(bytes, view, at, fail);
    if (names.has(entry.name)) throw fail('duplicate-name', `entry ${quote(entry.name)} occurs twice`);
    names.add(entry.name);
    entries.push(locate(file, entry, directory.start, fail));
    at = next;
  }
  if (at !== bytes.length) throw fail('invalid-layout', `the directory has ${bytes.length - at} bytes after its last entry`);
  checkOverlap(entries, fail);
  return entries;
}

type Directory = { readonly start: number; readonly end: number; readonly count: number };

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView<ArrayBufferLike> => new DataView(buffer, byteOffset, length);

/** Find the directory by the record at the end of the file, which a comment of up to 65,535 bytes may follow. */
function findDirectory(file: ByteSource, fail: Fail): Directory {
  const tailStart = Math.max(0, file.size - END_RECORD - 0xffff - LOCATOR_64 - END_RECORD_64);
  const view = viewOf(file.read(tailStart, file.size));
  const lowest = Math.max(0, view.byteLength - END_RECORD - 0xffff);
  for (let at = view.byteLength - END_RECORD; at >= lowest; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + END_RECORD + view.getUint16(at + 20, true) !== view.byteLength) continue;
    const [disk, directoryDisk, onDisk, count] = [4, 6, 8, 10].map((offset) => view.getUint16(at + offset, true));
    const [size, start] = [12, 16].map((offset) => view.getUint32(at + offset, true));
    const directory = findDirectory64(view, tailStart, at, fail) ?? { start, end: tailStart + at, size, count };
    if (disk !== 0 || directoryDisk !== 0 || onDisk !== count) throw fail('unsupported', 'the archive spans several files');
    // A narrow field that is full refers to the wide record; any other must agree with it.
    const agrees = (narrow: number, full: number, wide: number) => narrow === wide || narrow === full;
    if (!agrees(count, 0xffff, directory.count) || !agrees(size, 0xffffffff, directory.size) || !agrees(start, 0xffffffff, directory.start))
      throw fail('invalid-layout', 'the two records at the end do not agree about the directory');
    if (directory.count > MAX_ENTRIES)
      throw fail('too-large', `the archive has ${directory.count} entries, at most ${MAX_ENTRIES} are read`);
    if (directory.size > MAX_DIRECTORY)
      throw fail('too-large', `the directory of the archive takes ${directory.size} bytes, at most ${MAX_DIRECTORY} are read`);
    if (directory.start + directory.size !== directory.end)
      throw fail(
        'invalid-layout',
        `the directory should end at byte ${directory.end}, it says ${directory.start + directory.size}; several archives end to end, as in a .distcp of torch.distributed.checkpoint, are not read; convert its folder: python -m torch.distributed.checkpoint.format_utils dcp_to_torch DIR weights.pt`,
      );
    return directory;
  }
  throw fail('truncated', 'no zip directory at the end; is this a zip file, and was it copied whole?');
}

/**
 * The wide form of the end record, which lies before the narrow one at `end` of the view with its locator between them. PyTorch writes it always.
 * The view begins at byte `viewStart` of the file.
 */
function findDirectory64(
  view: DataView<ArrayBufferLike>,
  viewStart: number,
  end: number,
  fail: Fail,
): (Directory & { readonly size: number }) | undefined {
  const locator = end - LOCATOR_64;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return undefined;
  const at = locator - END_RECORD_64;
  const sound =
    at >= 0 &&
    view.getUint32(at, true) === 0x06064b50 &&
    view.getBigUint64(at + 4, true) === BigInt(END_RECORD_64 - 12) &&
    view.getBigUint64(locator + 8, true) === BigInt(viewStart + at);
  if (!sound) throw fail('invalid-layout', `no zip64 record at byte ${viewStart + at}, where its locator should find it`);
  const alone = view.getUint32(locator + 4, true) === 0 && view.getUint32(at + 16, true) === 0 && view.getUint32(at + 20, true) === 0;
  const [onDisk, count, size, start] = [24, 32, 40, 48].map((offset) => Number(view.getBigUint64(at + offset, true)));
  if (!alone || view.getUint32(locator + 16, true) > 1 || onDisk !== count) throw fail('unsupported', 'the archive spans several files');
  return { start, end: viewStart + at, size, count };
}

function readCentralEntry(
  bytes: Uint8Array,
  view: DataView<ArrayBufferLike>,
  at: number,
  fail: Fail,
): { entry: CentralEntry; next: number } {
  if (at + CENTRAL_HEADER > bytes.length || view.getUint32(at, true) !== 0x02014b50)
    throw fail('invalid-layout', `no entry at byte ${at} of the directory`);
  const nameEnd = at + CENTRAL_HEADER + view.getUint16(at + 28, true);
  const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > bytes.length) throw fail('invalid-layout', `the entry at byte ${at} of the directory runs past its end`);
  const flags = view.getUint16(at + 8, true);
  const rawName = bytes.subarray(at + CENTRAL_HEADER, nameEnd);
  const name = safeName(rawName, fail);
  if (flags & 0x2041) throw fail('unsupported', `entry ${quote(name)} is encrypted`);
  const narrow = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  const [size, packed, offset] = wideFields(view, narrow, nameEnd, next) ?? [];
  if (size === undefined) throw fail('invalid-layout', `entry ${quote(name)} is in zip64 form, yet its wide sizes are missing`);
  const method = methodName(view.getUint16(at + 10, true));
  if (!method)
    throw fail(
      'unsupported',
      `entry ${quote(name)} is compressed by method ${view.getUint16(at + 10, true)}, we read stored and deflated ones`,
    );
  if (method === 'stored' && packed !== size)
    throw fail('size-mismatch', `entry ${quote(name)} is stored, yet takes ${packed} bytes for ${size}`);
  return { entry: { name, method, crc: view.getUint32(at + 16, true), size, packed, flags, rawName, offset }, next };
}

const methodName = (code: number): ZipEntry['method'] | undefined => (code === 0 ? 'stored' : code === 8 ? 'deflated' : undefined);

function safeName(raw: Uint8Array, fail: Fail): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch (cause) {
    throw fail('invalid-name', 'an entry name is not valid UTF-8', cause);
  }
  if (!isSafeEntryName(name)) throw fail('invalid-name', `the entry name ${quote(name)} is not a plain relative path`);
  return name;
}

/** Find the bytes of an entry behind its local header, and hold that header against the directory. */
function locate(file: ByteSource, entry: CentralEntry, directoryStart: number, fail: Fail): ZipEntry {
  const { name, method, crc, size, packed, flags, rawName, offset } = entry;
  const header = offset + LOCAL_HEADER > directoryStart ? undefined : viewOf(file.read(offset, offset + LOCAL_HEADER));
  if (header?.getUint32(0, true) !== 0x04034b50) throw fail('invalid-layout', `entry ${quote(name)} has no local header at byte ${offset}`);
  const nameLength = header.getUint16(26, true);
  const begin = offset + LOCAL_HEADER + nameLength + header.getUint16(28, true);
  const end = begin + packed;
  if (end > directoryStart) throw fail('invalid-layout', `entry ${quote(name)} runs into the directory`);
  const nameAndExtra = file.read(offset + LOCAL_HEADER, begin);
  const localName = nameAndExtra.subarray(0, nameLength);
  const sameName = localName.length === rawName.length && localName.every((byte, i) => byte === rawName[i]);
  const local = { crc: header.getUint32(14, true), ...localSizes(header, viewOf(nameAndExtra.subarray(nameLength))) };
  // With flag bit 3 the writer did not know these yet and put them behind the data.
  const sizesLater = (flags & 8) !== 0 && local.crc === 0 && local.packed === 0 && local.size === 0;
  const sameSizes = sizesLater || (local.crc === crc && local.packed === packed && local.size === size);
  if (!sameName || !sameSizes || methodName(header.getUint16(8, true)) !== method) {
    throw fail('invalid-layout', `the local header of entry ${quote(name)} does not agree with the directory`);
  }
  return { name, method, crc, size, begin, end };
}

/** Sizes of a local header; NumPy writes them as a zip64 extra field even for small files. */
function localSizes(header: DataView<ArrayBufferLike>, extra: DataView<ArrayBufferLike>): { packed: number; size: number } {
  const narrow = [22, 18].map((field) => header.getUint32(field, true));
  const [size, packed] = wideFields(extra, narrow, 0, extra.byteLength) ?? narrow;
  return { size, packed };
}

/**
 * Values of 32 bits that are full stand in the zip64 extra field (number 1) as 64 bits each, in order; the others stay. Undefined where
 * that field is missing or too short.
 */
function wideFields(
  view: DataView<ArrayBufferLike>,
  narrow: readonly number[],
  extraStart: number,
  extraEnd: number,
): number[] | undefined {
  if (!narrow.includes(0xffffffff)) return [...narrow];
  for (let at = extraStart; at + 4 <= extraEnd; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = at + 4 + view.getUint16(at + 2, true);
    const wide = narrow.filter((value) => value === 0xffffffff).map((_, i) => at + 4 + 8 * i);
    if (end > extraEnd || wide[wide.length - 1] + 8 > end) return undefined;
    return narrow.map((value) => (value === 0xffffffff ? Number(view.getBigUint64(wide.shift()!, true)) : value));
  }
  return undefined;
}

function checkOverlap(entries: readonly ZipEntry[], fail: Fail): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < sorted.length; i++) {
    // The local header and name of an entry lie before `begin`; they too must not be inside the entry before.
    if (sorted[i].begin - LOCAL_HEADER < sorted[i - 1].end)
      throw fail('invalid-layout', `entries ${quote(sorted[i - 1].name)} and ${quote(sorted[i].name)} overlap`);
  }
}
