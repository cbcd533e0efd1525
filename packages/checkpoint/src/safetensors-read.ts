import { type ByteSource, partOf, sourceOf } from './byte-source.js';
import { type Fail, failWith, quote } from './checkpoint-error.js';
import { arrayFromSource, bytesPerElement, dtypes, elementCount, isDtype, type NamedArray, requireLittleEndian } from './named-array.js';
import { isJsonObject, type JsonValue, parseStrictJson } from './strict-json.js';
import { TEXT_SAMPLE_BYTES, textContent } from './text-content.js';

export type Safetensors = {
  /** Tensors by name, in the order of their bytes in the file. */
  readonly tensors: Map<string, NamedArray>;
  readonly metadata: Map<string, string>;
};

export type ReadSafetensorsOptions = {
  /** Name of the file in error messages. */
  readonly source?: string;
  /** Longest header that is parsed, in bytes; at most 100 MB, the limit of the format. */
  readonly maxHeaderBytes?: number;
};

/** The format's own limit on its header. */
const HEADER_LIMIT = 100_000_000;
/** Ours: a header of 100 MB with as many tensors as fit is a denial of service, one of 16 MB describes 100,000 tensors. */
export const DEFAULT_HEADER_LIMIT = 16 * 2 ** 20;
export const MAX_TENSORS = 100_000;
export const MAX_NAME_LENGTH = 1024;

type Range = { readonly name: string; readonly info: Pick<NamedArray, 'dtype' | 'shape'>; readonly begin: number; readonly end: number };

/**
 * Read a safetensors file, from memory or tensor by tensor from a source. Everything is checked before anything is allocated: header length and
 * grammar, unique names, byte ranges that tile the data without hole or overlap, sizes that agree with shape and dtype, no byte left over.
 *
 * The arrays are views of bytes in memory where alignment allows (so leave them alone afterwards), else copies; those of another source are read
 * when their `data` is asked for.
 * @throws CheckpointError for any file that is not a sound safetensors file.
 */
export function readSafetensors(input: Uint8Array | ByteSource, options: ReadSafetensorsOptions = {}): Safetensors {
  const fail = failWith(options.source ?? 'safetensors');
  requireLittleEndian(fail);
  const file = sourceOf(input);
  const dataStart = 8 + headerLength(file, options.maxHeaderBytes ?? DEFAULT_HEADER_LIMIT, fail);
  const header = parseHeader(file.read(8, dataStart), fail);
  const ranges = [...header.ranges].sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(ranges, file.size - dataStart, fail);
  const tensors = new Map<string, NamedArray>();
  for (const { name, info, begin, end } of ranges) {
    tensors.set(name, arrayFromSource(info.dtype, info.shape, partOf(file, dataStart + begin, dataStart + end)));
  }
  return { tensors, metadata: header.metadata };
}

function headerLength(file: ByteSource, maxHeaderBytes: number, fail: Fail): number {
  if (file.size < 8) throw fail('truncated', `a safetensors file begins with 8 bytes of header length, got ${file.size} bytes in all`);
  const text = textContent(file.read(0, Math.min(file.size, TEXT_SAMPLE_BYTES)));
  if (text !== undefined) throw fail('invalid-header', `it is ${text}`);
  const bytes = file.read(0, 8);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(maxHeaderBytes, HEADER_LIMIT);
  if (length > BigInt(limit))
    throw fail('too-large', `the header length is ${length} bytes, at most ${limit} are read; is this a safetensors file?`);
  if (length > BigInt(file.size - 8)) {
    throw fail('truncated', `the header is ${length} bytes long but only ${file.size - 8} bytes follow; was the file copied whole?`);
  }
  return Number(length);
}

function parseHeader(bytes: Uint8Array, fail: Fail): { ranges: Range[]; metadata: Map<string, string> } {
  if (bytes[0] !== 0x7b) throw fail('invalid-header', 'the header must begin with {');
  const header = parseStrictJson(bytes, { depth: 4, integersOnly: true }, fail);
  if (!isJsonObject(header)) throw fail('invalid-header', 'the header must be a JSON object');
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (entries.length > MAX_TENSORS) throw fail('too-large', `the header names ${entries.length} tensors, at most ${MAX_TENSORS} are read`);
  const ranges = entries.map(([name, info]) => parseTensorInfo(name, info, fail));
  return { ranges, metadata: parseMetadata(Object.hasOwn(header, '__metadata__') ? header.__metadata__ : {}, fail) };
}

function parseMetadata(value: JsonValue, fail: Fail): Map<string, string> {
  if (!isJsonObject(value)) throw fail('invalid-header', '__metadata__ must be an object of strings');
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw fail('invalid-header', `__metadata__ may hold strings only, ${quote(key)} does not`);
    metadata.set(key, text);
  }
  return metadata;
}

function parseTensorInfo(name: string, info: JsonValue, fail: Fail): Range {
  if (name.length > MAX_NAME_LENGTH)
    throw fail('invalid-name', `a tensor name has ${name.length} characters, at most ${MAX_NAME_LENGTH} are read`);
  if (!isJsonObject(info)) throw fail('invalid-header', `tensor ${quote(name)} must be described by an object`);
  const { dtype, shape, data_offsets: offsets } = info;
  if (typeof dtype !== 'string') throw fail('invalid-header', `tensor ${quote(name)} has no dtype`);
  if (!isDtype(dtype)) throw fail('unsupported', `tensor ${quote(name)} has dtype ${quote(dtype)}, we read ${dtypes.join(', ')}`);
  if (!isNumberList(shape)) throw fail('invalid-header', `the shape of tensor ${quote(name)} must be a list of integers`);
  if (!isNumberList(offsets) || offsets.length !== 2) throw fail('invalid-header', `tensor ${quote(name)} must have two data_offsets`);
  const [begin, end] = offsets;
  const needed = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * bytesPerElement(dtype);
  if (!Number.isSafeInteger(needed))
    throw fail('size-mismatch', `tensor ${quote(name)} of shape [${shape.slice(0, 16)}] is beyond 2^53 bytes`);
  if (end < begin) throw fail('invalid-layout', `tensor ${quote(name)} ends at byte ${end}, before it begins at ${begin}`);
  if (end - begin !== needed) {
    throw fail(
      'size-mismatch',
      `tensor ${quote(name)} of shape [${shape.slice(0, 16)}] and dtype ${dtype} needs ${needed} bytes, its range holds ${end - begin}`,
    );
  }
  return { name, info: { dtype, shape }, begin, end };
}

const isNumberList = (value: JsonValue | undefined): value is readonly number[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'number');

/** Ranges, sorted by offset, must tile [0, dataBytes) exactly. */
function checkLayout(ranges: readonly Range[], dataBytes: number, fail: Fail): void {
  let at = 0;
  for (const { name, begin, end } of ranges) {
    if (begin !== at) {
      throw fail(
        'invalid-layout',
        `tensor ${quote(name)} begins at byte ${begin}, which ${begin < at ? 'overlaps the one before, ending' : 'leaves a hole after'} at ${at}`,
      );
    }
    at = end;
  }
  if (at > dataBytes) throw fail('truncated', `the tensors need ${at} bytes, the file holds ${dataBytes}; was it copied whole?`);
  if (at < dataBytes) throw fail('trailing-bytes', `${dataBytes - at} bytes follow the last tensor`);
}
