import { DataError } from './data-error.js';
import { type Damaged, type RandomAccessFile, withFile } from './random-access-file.js';
import { type FileRange, LOCAL_HEADER, readEntry, storedRange, type ZipEntry } from './zip-entry.js';

const CENTRAL_HEADER = 46;
const END_RECORD = 22;
const END_RECORD_64 = 56;
const LOCATOR_64 = 20;
/** An entry takes 46 bytes of the directory and more, so that this is 11 million of them. */
const MAX_DIRECTORY = 2 ** 29;

export type ZipFile = {
  /** Names of its files, in the order of the directory. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Names of its folders as far as they have entries of their own, each with a slash at the end. */
  readonly folders: readonly string[];
  /** The content of one, its checksum compared. @throws DataError */
  readonly read: (name: string) => Uint8Array;
  /** Locate the content of an entry that is not compressed; undefined for others and if there is none. @throws DataError */
  readonly stored: (name: string) => FileRange | undefined;
};

/**
 * The directory of a zip archive of any size, whose entries are then read one by one (the checkpoint package reads whole archives that fit
 * in memory). The file is not kept open.
 * @throws DataError when it is missing, which ends with `remedy`, or its directory is damaged.
 */
export function openZip(path: string, remedy = 'give a zip archive of PNG files'): ZipFile {
  const damaged = (reason: string): DataError => new DataError('damaged', `${path}: ${reason}; get the file again`);
  const { entries, folders } = withFile(path, remedy, (file) => readDirectory(file, damaged));
  const damagedEntry =
    (name: string): Damaged =>
    (reason) =>
      damaged(`entry ${quote(name)} ${reason}`);
  const read = (name: string): Uint8Array => {
    const entry = entries.get(name);
    if (!entry) throw new DataError('missing', `${path}: there is no ${quote(name)} in it`);
    return withFile(path, remedy, (file) => readEntry(file, entry, damagedEntry(name)));
  };
  const stored = (name: string): FileRange | undefined => {
    const entry = entries.get(name);
    return entry && withFile(path, remedy, (file) => storedRange(file, entry, damagedEntry(name)));
  };
  return { entries, folders, read, stored };
}

function readDirectory(file: RandomAccessFile, damaged: Damaged): Pick<ZipFile, 'entries' | 'folders'> {
  const { start, size, count } = findDirectory(file, damaged);
  if (size > MAX_DIRECTORY || count * CENTRAL_HEADER > size) throw damaged(`a directory of ${count} entries in ${size} bytes`);
  const view = file.take(start, size, damaged);
  const entries = new Map<string, ZipEntry>();
  const folders: string[] = [];
  const spans: { readonly offset: number; readonly end: number }[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_HEADER > size || view.getUint32(at, true) !== 0x02014b50) throw damaged(`entry ${i} of its directory is no entry`);
    const nameEnd = at + CENTRAL_HEADER + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > size) throw damaged(`entry ${i} runs past its directory`);
    const name = decodeName(new Uint8Array(view.buffer, at + CENTRAL_HEADER, nameEnd - at - CENTRAL_HEADER), damaged);
    if (view.getUint16(at + 8, true) & 1) throw damaged(`entry ${quote(name)} is encrypted`);
    const [length, packed, offset] = wideFields(view, [at + 24, at + 20, at + 42], nameEnd, extraEnd, () =>
      damaged(`entry ${quote(name)} lacks its wide sizes`),
    );
    if (offset + LOCAL_HEADER + packed > start) throw damaged(`entry ${quote(name)} runs into the directory`);
    if (entries.has(name)) throw damaged(`entry ${quote(name)} occurs twice`);
    spans.push({ offset, end: offset + LOCAL_HEADER + packed });
    if (name.endsWith('/')) folders.push(name);
    else entries.set(name, { method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true), packed, size: length, offset });
    at = next;
  }
  if (at !== size) throw damaged(`${size - at} bytes follow the last entry of its directory`);
  spans.sort((a, b) => a.offset - b.offset);
  if (spans.some((span, i) => i > 0 && span.offset < spans[i - 1].end)) throw damaged('its entries overlap');
  return { entries, folders };
}

type Directory = { readonly start: number; readonly size: number; readonly count: number };

/** Find the directory by the record at the end of the file, or by the wide record before it if a field of that is full. */
function findDirectory(file: RandomAccessFile, damaged: Damaged): Directory {
  const length = Math.min(file.size, END_RECORD + 0xffff);
  const tail = file.take(file.size - length, length, damaged);
  for (let at = length - END_RECORD; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50 || at + END_RECORD + tail.getUint16(at + 20, true) !== length) continue;
    const narrow = { count: tail.getUint16(at + 10, true), size: tail.getUint32(at + 12, true), start: tail.getUint32(at + 16, true) };
    const isWide = narrow.count === 0xffff || narrow.size === 0xffffffff || narrow.start === 0xffffffff;
    return isWide ? wideDirectory(file, file.size - length + at, damaged) : narrow;
  }
  throw damaged('not a zip archive, or cut off: it has no directory at its end');
}

function wideDirectory(file: RandomAccessFile, end: number, damaged: Damaged): Directory {
  const locator = file.take(end - LOCATOR_64, LOCATOR_64, damaged);
  if (locator.getUint32(0, true) !== 0x07064b50) throw damaged('the locator of its wide directory is missing');
  const record = file.take(Number(locator.getBigUint64(8, true)), END_RECORD_64, damaged);
  if (record.getUint32(0, true) !== 0x06064b50) throw damaged('its wide directory is missing');
  const [count, size, start] = [32, 40, 48].map((offset) => Number(record.getBigUint64(offset, true)));
  return { count, size, start };
}

/** Fields of 32 bits; those that are full stand as 64 bits, in order, in the extra field number 1. */
function wideFields(view: DataView, fields: readonly number[], extraStart: number, extraEnd: number, missing: () => DataError): number[] {
  const values = fields.map((field) => view.getUint32(field, true));
  if (!values.includes(0xffffffff)) return values;
  for (let at = extraStart; at + 4 <= extraEnd; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && end <= extraEnd) {
      let wide = at + 4;
      return values.map((value) => {
        if (value !== 0xffffffff) return value;
        if (wide + 8 > end) throw missing();
        wide += 8;
        return Number(view.getBigUint64(wide - 8, true));
      });
    }
    at = end;
  }
  throw missing();
}

function decodeName(bytes: Uint8Array, damaged: Damaged): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged('the name of an entry is not valid UTF-8');
  }
}

const quote = (name: string): string => JSON.stringify(name.slice(0, 80));
