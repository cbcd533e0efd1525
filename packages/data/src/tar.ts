import { DataError } from './data-error.js';
import { packedError } from './packed-file.js';

const BLOCK = 512;
/** Longest name, or list of facts about an entry, that is read. */
const MAX_FACTS = 2 ** 16;

/** A plain file in a tar archive: where its bytes lie. */
export type TarEntry = { readonly name: string; readonly offset: number; readonly size: number };

/** The bytes of an archive, in memory or in a file. */
export type TarBytes = {
  readonly size: number;
  /** Return so many bytes from `at` on, all of which are there. */
  readonly take: (at: number, length: number) => Uint8Array;
};

/**
 * Read a tar archive: name → view of its bytes, for plain files; folders are left out. Names may be those of ustar, of pax headers or of GNU's long names.
 * Links and devices are refused: the archives of our data sets have none.
 * @throws DataError naming `source` and the entry.
 */
export function readTar(bytes: Uint8Array, source = 'tar'): Map<string, Uint8Array> {
  const entries = tarEntries({ size: bytes.length, take: (at, length) => bytes.subarray(at, at + length) }, source, 10_000);
  return new Map(entries.map(({ name, offset, size }) => [name, bytes.subarray(offset, offset + size)]));
}

/** Facts of an extension about the entry after it. */
type Extension = { readonly name?: string; readonly size?: number };

/**
 * List the plain files of an archive by their headers; their content is not read.
 * @throws DataError naming `source` and the entry; of kind 'mismatch' for an archive that is packed.
 */
export function tarEntries(archive: TarBytes, source: string, mostEntries: number): TarEntry[] {
  const packed = packedError(archive.take(0, Math.min(archive.size, BLOCK)), source);
  if (packed) throw packed;
  const files = new Map<string, TarEntry>();
  let [at, extension] = [0, {} as Extension];
  for (let index = 0; ; index++) {
    const fail = (reason: string): DataError => new DataError('damaged', `${source}, entry ${index}: ${reason}; get the file again`);
    if (at + BLOCK > archive.size) throw fail('the archive is cut off before its end mark');
    const header = archive.take(at, BLOCK);
    if (header.every((byte) => byte === 0)) {
      requireEnd(archive, at + BLOCK, source);
      return [...files.values()];
    }
    if (index === mostEntries) throw fail(`more than ${mostEntries} entries`);
    const { name, size, type } = readHeader(header, extension, fail);
    at += BLOCK;
    if (size > archive.size - at) throw fail(`${quote(name)} promises ${size} bytes, ${archive.size - at} are left`);
    if (type === 'file') {
      if (files.has(name)) throw fail(`${quote(name)} occurs twice`);
      files.set(name, { name, offset: at, size });
    }
    if (type === 'pax' || type === 'long-name') {
      if (size > MAX_FACTS) throw fail(`says ${size} bytes about the next entry, at most ${MAX_FACTS} are read`);
      const facts = archive.take(at, size);
      extension = type === 'pax' ? { ...extension, ...readPax(facts, fail) } : { ...extension, name: readText(facts, 0, size, fail) };
    } else if (type !== 'passed-over') extension = {};
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Blocks up to which an archive is filled with zeros, counted from its beginning. */
const RECORD = 20 * BLOCK;

/** Check that an archive ends with its end mark: after another's, where `cat` has put it, files would be passed over without a word. */
function requireEnd(archive: TarBytes, at: number, source: string): void {
  const rest = archive.take(at, Math.min(archive.size - at, RECORD));
  if (rest.some((byte) => byte !== 0))
    throw new DataError('damaged', `${source}: more follows its end mark, as where cat has joined archives; give them one by one`);
}

type Fail = (reason: string) => DataError;
/** 'passed-over': pax headers for all entries, and GNU's names of links, which say nothing that is needed. */
type EntryType = 'file' | 'folder' | 'pax' | 'long-name' | 'passed-over';
type Header = { readonly name: string; readonly size: number; readonly type: EntryType };

function readHeader(header: Uint8Array, extension: Extension, fail: Fail): Header {
  const sum = readOctal(header, 148, 8, 'checksum', fail);
  // The checksum is taken with its own eight bytes as spaces.
  const actual = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== actual) throw fail(`the header's checksum is ${sum}, its bytes sum up to ${actual}`);
  const prefix = readText(header, 257, 5, fail) === 'ustar' ? readText(header, 345, 155, fail) : '';
  const short = `${prefix}${prefix && '/'}${readText(header, 0, 100, fail)}`;
  const isAbout = Object.hasOwn(extensions, header[156]);
  const name = (isAbout ? short : (extension.name ?? short)).replace(/^\.\//, '');
  const type = isAbout ? extensions[header[156]] : typeOf(header[156], name, fail);
  if (type === 'file' && !isConfined(name)) throw fail(`the name ${quote(name)} is not a plain relative path`);
  const size = (isAbout ? undefined : extension.size) ?? readOctal(header, 124, 12, 'size', fail);
  if (type === 'folder' && size !== 0) throw fail(`the folder ${quote(name)} has a size of ${size}`);
  return { name, size, type };
}

const PLAIN = 0x30;
const LINKS = [0x31, 0x32];
const FOLDER = 0x35;
/** Entries about the next one by type: x and g of pax, L and K of GNU. */
const extensions: Readonly<Record<number, EntryType>> = { 120: 'pax', 103: 'passed-over', 76: 'long-name', 75: 'passed-over' };

/** Read a pax header: lines `LENGTH KEY=VALUE`, of which the name and the size count. */
function readPax(facts: Uint8Array, fail: Fail): Extension {
  let extension: Extension = {};
  for (let at = 0; at < facts.length; ) {
    const space = facts.indexOf(0x20, at);
    const length = Number(readText(facts, at, Math.max(0, space - at), fail));
    if (!(space > at && Number.isInteger(length) && length > space - at && at + length <= facts.length))
      throw fail('its pax header is none');
    const [key, value] = splitOnce(readText(facts, space + 1, length - (space + 1 - at) - 1, fail));
    if (key === 'path') extension = { ...extension, name: value };
    if (key === 'size') {
      if (!/^\d{1,15}$/.test(value)) throw fail(`its pax header says the size ${quote(value)}`);
      extension = { ...extension, size: Number(value) };
    }
    at += length;
  }
  return extension;
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function typeOf(code: number, name: string, fail: Fail): EntryType {
  const isPlain = code === 0 || code === PLAIN;
  if (code === FOLDER || (isPlain && name.endsWith('/'))) return 'folder';
  if (isPlain) return 'file';
  const what = LINKS.includes(code) ? 'a link' : `of type 0x${code.toString(16).padStart(2, '0')}`;
  throw fail(`${quote(name)} is ${what}; only plain files and folders are read`);
}

/** Octal digits, with spaces or zero bytes around them. */
function readOctal(header: Uint8Array, at: number, length: number, what: string, fail: Fail): number {
  const text = String.fromCharCode(...header.subarray(at, at + length));
  const match = /^ *([0-7]{1,11})[ \0]*$/.exec(text);
  if (!match) throw fail(`the ${what} ${quote(text)} is not an octal number`);
  return Number.parseInt(match[1], 8);
}

/** Text up to the first zero byte. */
function readText(header: Uint8Array, at: number, length: number, fail: Fail): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(end < 0 ? field : field.subarray(0, end));
  } catch {
    throw fail('a name is not valid UTF-8');
  }
}

/** Names are only keys here; one that would leave its folder means that the archive is not what it seems. */
const isConfined = (name: string): boolean =>
  name !== '' && !/[\\\p{Cc}]|^[A-Za-z]:/u.test(name) && !name.split('/').some((part) => part === '' || part === '.' || part === '..');

const quote = (name: string): string => JSON.stringify(name.slice(0, 80));
