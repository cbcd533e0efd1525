import { type ByteSource, partOf, sourceOf } from './byte-source.js';
import { CheckpointError, type Fail, failWith, quote } from './checkpoint-error.js';
import { joinPieces } from './joined-pieces.js';
import {
  arrayFromBytes,
  arrayFromSource,
  byteLengthOf,
  bytesOfArray,
  bytesPerElement,
  type Dtype,
  elementCount,
  lazyArray,
  type NamedArray,
  requireLittleEndian,
} from './named-array.js';
import { toRowMajor } from './row-major.js';

/** NumPy's type string of each dtype that NumPy has; it knows no bfloat16. */
const descriptors: Partial<Record<Dtype, string>> = {
  F64: '<f8',
  F32: '<f4',
  F16: '<f2',
  I64: '<i8',
  I32: '<i4',
  I16: '<i2',
  I8: '|i1',
  U64: '<u8',
  U32: '<u4',
  U16: '<u2',
  U8: '|u1',
  BOOL: '|b1',
};
const dtypeOf = new Map(Object.entries(descriptors).map(([dtype, descriptor]) => [descriptor, dtype as Dtype]));

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limit on a header that it will parse. */
const MAX_HEADER = 10_000;

/**
 * Read a NumPy array file, format versions 1 to 3; Fortran order is turned into row-major order and big-endian numbers into ours. Objects
 * (pickles) and records are refused. The data is a view of bytes in memory where alignment and order allow, else a copy; of another source
 * it is read when it is asked for.
 * @throws CheckpointError
 */
export function readNpy(input: Uint8Array | ByteSource, options: { readonly source?: string } = {}): NamedArray {
  const fail = failWith(options.source ?? 'npy');
  requireLittleEndian(fail);
  const file = sourceOf(input);
  const header = readNpyHeader(file.read(0, Math.min(file.size, NPY_HEADER_BYTES)), options);
  const { dtype, shape, fortranOrder, bigEndian, dataStart, dataBytes: needed } = header;
  const present = file.size - dataStart;
  if (needed > present) throw fail('truncated', `shape [${shape}] of ${dtype} needs ${needed} bytes, the file holds ${present}`);
  if (needed < present) throw fail('trailing-bytes', `${present - needed} bytes follow the array`);
  const content = partOf(file, dataStart, file.size);
  if (!fortranOrder && !bigEndian) return arrayFromSource(dtype, shape, content);
  const read = (): NamedArray => {
    const bytes = content.read(0, content.size);
    const array = arrayFromBytes(dtype, shape, bigEndian ? swappedBytes(bytes, bytesPerElement(dtype)) : bytes);
    return fortranOrder ? toRowMajor(array) : array;
  };
  return content.bytes ? read() : lazyArray(dtype, shape, () => read().data);
}

/** Copy elements of `width` bytes, each with its bytes in the opposite order. */
function swappedBytes(bytes: Uint8Array, width: number): Uint8Array {
  const swapped = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) swapped[i - (i % width) + (width - 1 - (i % width))] = bytes[i];
  return swapped;
}

/** Header of an npy file. */
export type NpyHeader = {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Column-major: the first index runs fastest. */
  readonly fortranOrder: boolean;
  readonly bigEndian: boolean;
  /** Offset of the data, and its length by the header; the reader of the data checks that it is there. */
  readonly dataStart: number;
  readonly dataBytes: number;
};

/** Bytes that hold the header of any npy file that is read. */
export const NPY_HEADER_BYTES = 12 + MAX_HEADER;

/** The header of a NumPy array file, of which the first bytes are given: for files whose data is read in parts. @throws CheckpointError */
export function readNpyHeader(bytes: Uint8Array, options: { readonly source?: string } = {}): NpyHeader {
  const fail = failWith(options.source ?? 'npy');
  const { text, dataStart } = headerText(bytes, fail);
  const { dtype, bigEndian, shape, fortranOrder } = parseHeader(text, fail);
  const dataBytes = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * bytesPerElement(dtype);
  if (!Number.isSafeInteger(dataBytes)) throw fail('size-mismatch', `shape [${shape}] is beyond 2^53 bytes`);
  return { dtype, shape, fortranOrder, bigEndian, dataStart, dataBytes };
}

/** True for the first bytes of an npy file. */
export const isNpy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Read the header's text, and where the data begins. @throws CheckpointError from `fail` */
export function headerText(bytes: Uint8Array, fail: Fail): { text: string; dataStart: number } {
  if (bytes.length < 10) throw fail('truncated', `an npy file has at least 10 bytes, got ${bytes.length}`);
  if (!isNpy(bytes)) throw fail('invalid-header', 'not an npy file: it does not begin with \\x93NUMPY');
  const version = bytes[6];
  if (version < 1 || version > 3) throw fail('unsupported', `npy format version ${version}, we read 1 to 3`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start)
    throw fail('truncated', `the header of an npy file of version ${version} takes 12 bytes and more, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) throw fail('too-large', `the header takes ${length} bytes, at most ${MAX_HEADER} are read`);
  if (start + length > bytes.length) throw fail('truncated', `the header takes ${length} bytes, ${bytes.length - start} follow`);
  // Versions 1 and 2 are Latin-1, version 3 is UTF-8, and all that we accept is ASCII.
  return { text: String.fromCharCode(...bytes.subarray(start, start + length)), dataStart: start + length };
}

const field = /^\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d,\s]*\))\s*(,|$)/;

/** The header is a Python dictionary of three known keys; nothing else of Python is understood. */
function parseHeader(text: string, fail: Fail): Pick<NpyHeader, 'dtype' | 'bigEndian' | 'shape' | 'fortranOrder'> {
  const body = /^\{(.*)\}\s*$/s.exec(text);
  if (!body) throw fail('invalid-header', `expected a dictionary, got ${JSON.stringify(text.slice(0, 60))}`);
  const fields = new Map<string, string>();
  let rest = body[1];
  while (rest.trim() !== '') {
    const match = field.exec(rest);
    if (/^\s*'descr'\s*:\s*\[/.test(rest)) throw fail('unsupported', 'record arrays are not read; save each field alone');
    if (!match) throw fail('invalid-header', `cannot read ${JSON.stringify(rest.slice(0, 60))}`);
    if (fields.has(match[1])) throw fail('duplicate-name', `the key '${match[1]}' occurs twice`);
    fields.set(match[1], match[2]);
    rest = rest.slice(match[0].length);
  }
  return {
    ...parseDescriptor(fields.get('descr'), fail),
    shape: parseShape(fields.get('shape'), fail),
    fortranOrder: parseBoolean(fields.get('fortran_order'), fail),
  };
}

function parseDescriptor(text: string | undefined, fail: Fail): Pick<NpyHeader, 'dtype' | 'bigEndian'> {
  const descriptor = text?.startsWith("'") ? text.slice(1, -1) : undefined;
  if (descriptor === undefined) throw fail('invalid-header', "the header has no 'descr'");
  const bigEndian = descriptor.startsWith('>');
  const dtype = dtypeOf.get(bigEndian ? `<${descriptor.slice(1)}` : descriptor);
  if (dtype) return { dtype, bigEndian };
  const hint = descriptor.includes('O') ? 'pickled objects are never read' : `we read ${[...dtypeOf.keys()].join(', ')}`;
  throw fail('unsupported', `type ${quote(descriptor)}: ${hint}`);
}

function parseBoolean(text: string | undefined, fail: Fail): boolean {
  if (text !== 'True' && text !== 'False') throw fail('invalid-header', "'fortran_order' must be True or False");
  return text === 'True';
}

function parseShape(text: string | undefined, fail: Fail): readonly number[] {
  const list = text?.startsWith('(') ? text.slice(1, -1).trim() : undefined;
  // (3) without a comma is a number in Python, not a tuple.
  if (list === undefined || !/^((\d+\s*,\s*)+(\d+)?)?$/.test(list))
    throw fail('invalid-header', `'shape' must be a tuple of integers, got ${String(text).slice(0, 60)}`);
  const shape = list
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (shape.length > 64 || !shape.every(Number.isSafeInteger))
    throw fail('invalid-header', `'shape' is too long or too large: ${list.slice(0, 60)}`);
  return shape;
}

/**
 * Write one array as an npy file, version 1, row-major; the data begins at a multiple of 64 bytes, as NumPy does it.
 * @throws CheckpointError of kind 'unsupported' for BF16 and F8, which NumPy has no names for; TypeError or RangeError for a malformed array.
 */
export function writeNpy(array: NamedArray): Uint8Array {
  const pieces = [...npyPieces(array)];
  return joinPieces({ size: pieces.reduce((sum, { length }) => sum + length, 0), pieces });
}

/** Write the same file as its header and its data. @throws as `writeNpy` does */
export function* npyPieces(array: NamedArray): Generator<Uint8Array> {
  const { bytes } = npyHeaderOf(array);
  yield bytes;
  yield bytesOfArray('npy array', array);
}

/** The header that an array has in an npy file, by its type and shape alone. @throws as `writeNpy` does */
export function npyHeaderOf(array: Pick<NamedArray, 'dtype' | 'shape'>): {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly dataBytes: number;
} {
  requireLittleEndian(failWith('npy'));
  const dataBytes = byteLengthOf('npy array', array);
  const descriptor = descriptors[array.dtype];
  if (!descriptor) throw new CheckpointError('unsupported', `writeNpy: NumPy has no ${array.dtype}; convert with toFloat32 first`);
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ');
  const header = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${shape}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  if (length > MAX_HEADER) throw new RangeError(`writeNpy: a shape of ${array.shape.length} sizes does not fit the header`);
  const bytes = new Uint8Array(10 + length);
  bytes.set([...MAGIC, 1, 0, length & 0xff, length >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), 10);
  return { bytes, length: bytes.length, dataBytes };
}
