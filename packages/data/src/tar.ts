import { DataError } from './data-error.js';

const BLOCK = 512;
const MAX_ENTRIES = 10_000;

/**
 * Reads a tar archive in the ustar or the older form: name → view of its bytes, for plain files; folders are left out.
 * Links, devices and the extensions for long names (GNU, pax) are refused: the archives of our data sets have none.
 * @throws DataError naming `source` and the entry.
 */
export function readTar(bytes: Uint8Array, source = 'tar'): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  for (let index = 0; ; index++) {
    const fail = (reason: string): DataError => new DataError('damaged', `${source}, entry ${index}: ${reason}; get the file again`);
    if (at + BLOCK > bytes.length) throw fail('the archive is cut off before its end mark');
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    if (index === MAX_ENTRIES) throw fail(`more than ${MAX_ENTRIES} entries`);
    const { name, size, type } = readHeader(header, fail);
    at += BLOCK;
    if (size > bytes.length - at) throw fail(`${quote(name)} promises ${size} bytes, ${bytes.length - at} are left`);
    if (type === 'file') {
      if (files.has(name)) throw fail(`${quote(name)} occurs twice`);
      files.set(name, bytes.subarray(at, at + size));
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
}

type Fail = (reason: string) => DataError;
type Header = { readonly name: string; readonly size: number; readonly type: 'file' | 'folder' };

function readHeader(header: Uint8Array, fail: Fail): Header {
  const sum = readOctal(header, 148, 8, 'checksum', fail);
  // The checksum is taken with its own eight bytes as spaces.
  const actual = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== actual) throw fail(`the header's checksum is ${sum}, its bytes sum up to ${actual}`);
  const prefix = readText(header, 257, 5, fail) === 'ustar' ? readText(header, 345, 155, fail) : '';
  const name = `${prefix}${prefix && '/'}${readText(header, 0, 100, fail)}`.replace(/^\.\//, '');
  const type = typeOf(header[156], name, fail);
  if (type === 'file' && !isConfined(name)) throw fail(`the name ${quote(name)} is not a plain relative path`);
  const size = readOctal(header, 124, 12, 'size', fail);
  if (type === 'folder' && size !== 0) throw fail(`the folder ${quote(name)} has a size of ${size}`);
  return { name, size, type };
}

const PLAIN = 0x30;
const LINKS = [0x31, 0x32];
const FOLDER = 0x35;

function typeOf(code: number, name: string, fail: Fail): Header['type'] {
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
