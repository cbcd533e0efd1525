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

type CentralEntry = Omit<ZipEntry, 'begin' | 'end'> & {
  readonly packed: number;
  readonly flags: number;
  readonly rawName: Uint8Array;
  readonly offset: number;
};

/**
 * The table of contents of a zip archive. Entries may not overlap (an overlap is how a small file inflates without end), must lie
 * before the directory, and each local header must say what the directory says.
 */
export function readZipDirectory(bytes: Uint8Array, fail: Fail): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const directory = findDirectory(bytes, view, fail);
  const names = new Set<string>();
  const entries: ZipEntry[] = [];
  let at = directory.start;
  for (let i = 0; i < directory.count; i++) {
    const { entry, next } = readCentralEntry(bytes, view, at, directory.end, fail);
    if (names.has(entry.name)) throw fail('duplicate-name', `entry ${quote(entry.name)} occurs twice`);
    names.add(entry.name);
    entries.push(locate(bytes, view, entry, directory.start, fail));
    at = next;
  }
  if (at !== directory.end) throw fail('invalid-layout', `the directory has ${directory.end - at} bytes after its last entry`);
  checkOverlap(entries, fail);
  return entries;
}

type Directory = { readonly start: number; readonly end: number; readonly count: number };

function findDirectory(bytes: Uint8Array, view: DataView, fail: Fail): Directory {
  const lowest = Math.max(0, bytes.length - END_RECORD - 0xffff);
  for (let at = bytes.length - END_RECORD; at >= lowest; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + END_RECORD + view.getUint16(at + 20, true) !== bytes.length) continue;
    const [disk, directoryDisk, onDisk, count] = [4, 6, 8, 10].map((offset) => view.getUint16(at + offset, true));
    const [size, start] = [12, 16].map((offset) => view.getUint32(at + offset, true));
    const directory = findDirectory64(view, at, fail) ?? { start, end: at, size, count };
    if (disk !== 0 || directoryDisk !== 0 || onDisk !== count) throw fail('unsupported', 'the archive spans several files');
    // A narrow field that is full refers to the wide record; any other must agree with it.
    const agrees = (narrow: number, full: number, wide: number) => narrow === wide || narrow === full;
    if (!agrees(count, 0xffff, directory.count) || !agrees(size, 0xffffffff, directory.size) || !agrees(start, 0xffffffff, directory.start))
      throw fail('invalid-layout', 'the two records at the end do not agree about the directory');
    if (directory.count > MAX_ENTRIES)
      throw fail('too-large', `the archive has ${directory.count} entries, at most ${MAX_ENTRIES} are read`);
    if (directory.start + directory.size !== directory.end)
      throw fail('invalid-layout', `the directory should end at byte ${directory.end}, it says ${directory.start + directory.size}`);
    return directory;
  }
  throw fail('truncated', 'no zip directory at the end; is this a zip file, and was it copied whole?');
}

/** The wide form of the end record, which lies before the narrow one at `end` with its locator between them. PyTorch writes it always. */
function findDirectory64(view: DataView, end: number, fail: Fail): (Directory & { readonly size: number }) | undefined {
  const locator = end - LOCATOR_64;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return undefined;
  const at = locator - END_RECORD_64;
  const sound =
    at >= 0 &&
    view.getUint32(at, true) === 0x06064b50 &&
    view.getBigUint64(at + 4, true) === BigInt(END_RECORD_64 - 12) &&
    view.getBigUint64(locator + 8, true) === BigInt(at);
  if (!sound) throw fail('invalid-layout', `no zip64 record at byte ${at}, where its locator should find it`);
  const alone = view.getUint32(locator + 4, true) === 0 && view.getUint32(at + 16, true) === 0 && view.getUint32(at + 20, true) === 0;
  const [onDisk, count, size, start] = [24, 32, 40, 48].map((offset) => Number(view.getBigUint64(at + offset, true)));
  if (!alone || view.getUint32(locator + 16, true) > 1 || onDisk !== count) throw fail('unsupported', 'the archive spans several files');
  return { start, end: at, size, count };
}

function readCentralEntry(bytes: Uint8Array, view: DataView, at: number, end: number, fail: Fail): { entry: CentralEntry; next: number } {
  if (at + CENTRAL_HEADER > end || view.getUint32(at, true) !== 0x02014b50)
    throw fail('invalid-layout', `no directory entry at byte ${at}`);
  const nameEnd = at + CENTRAL_HEADER + view.getUint16(at + 28, true);
  const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > end) throw fail('invalid-layout', `the directory entry at byte ${at} runs past the directory`);
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

/** Finds the bytes of an entry behind its local header, and holds that header against the directory. */
function locate(bytes: Uint8Array, view: DataView, entry: CentralEntry, directoryStart: number, fail: Fail): ZipEntry {
  const { name, method, crc, size, packed, flags, rawName, offset } = entry;
  if (offset + LOCAL_HEADER > directoryStart || view.getUint32(offset, true) !== 0x04034b50) {
    throw fail('invalid-layout', `entry ${quote(name)} has no local header at byte ${offset}`);
  }
  const nameStart = offset + LOCAL_HEADER;
  const extraStart = nameStart + view.getUint16(offset + 26, true);
  const begin = extraStart + view.getUint16(offset + 28, true);
  const end = begin + packed;
  if (end > directoryStart) throw fail('invalid-layout', `entry ${quote(name)} runs into the directory`);
  const localName = bytes.subarray(nameStart, extraStart);
  const sameName = localName.length === rawName.length && localName.every((byte, i) => byte === rawName[i]);
  const local = { crc: view.getUint32(offset + 14, true), ...localSizes(view, offset, extraStart, begin) };
  // With flag bit 3 the writer did not know these yet and put them behind the data.
  const sizesLater = (flags & 8) !== 0 && local.crc === 0 && local.packed === 0 && local.size === 0;
  const sameSizes = sizesLater || (local.crc === crc && local.packed === packed && local.size === size);
  if (!sameName || !sameSizes || methodName(view.getUint16(offset + 8, true)) !== method) {
    throw fail('invalid-layout', `the local header of entry ${quote(name)} does not agree with the directory`);
  }
  return { name, method, crc, size, begin, end };
}

/** Sizes of a local header; NumPy writes them as a zip64 extra field even for small files. */
function localSizes(view: DataView, offset: number, extraStart: number, extraEnd: number): { packed: number; size: number } {
  const narrow = [22, 18].map((field) => view.getUint32(offset + field, true));
  const [size, packed] = wideFields(view, narrow, extraStart, extraEnd) ?? narrow;
  return { size, packed };
}

/**
 * Values of 32 bits that are full stand in the zip64 extra field (number 1) as 64 bits each, in order; the others stay. Undefined where
 * that field is missing or too short.
 */
function wideFields(view: DataView, narrow: readonly number[], extraStart: number, extraEnd: number): number[] | undefined {
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
