import { failWith } from './checkpoint-error.js';
import { joinPieces, type Pieces } from './joined-pieces.js';
import { byteLengthOf, bytesOfArray, dtypes, type NamedArray, requireLittleEndian } from './named-array.js';
import { DEFAULT_HEADER_LIMIT, MAX_NAME_LENGTH, MAX_TENSORS } from './safetensors-read.js';

const encoder = new TextEncoder();

type Metadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/** Type and shape of an array, whose elements may still be elsewhere. */
type ArrayInfo = Pick<NamedArray, 'dtype' | 'shape'>;

/** A safetensors file before its data: what stands at its beginning, and which arrays follow, in order and without a gap. */
export type SafetensorsLayout<A extends ArrayInfo> = {
  readonly header: Uint8Array;
  readonly arrays: readonly { readonly name: string; readonly array: A; readonly byteLength: number }[];
  /** Bytes of the whole file. */
  readonly size: number;
};

/**
 * Write a safetensors file as the reference library lays it out: widest dtype first, then by name, the header padded with
 * spaces so that the data begins at a multiple of 8. The same content gives the same bytes, whatever the order of `entries`.
 * @throws TypeError or RangeError when an array, a name or a metadata value cannot be written.
 */
export const writeSafetensors = (entries: Iterable<readonly [name: string, array: NamedArray]>, metadata: Metadata = {}): Uint8Array =>
  joinPieces(safetensorsPieces(entries, metadata));

/** Write the same file piece by piece, so that of arrays which are read when they are asked for one at a time is in memory. */
export function safetensorsPieces(entries: Iterable<readonly [name: string, array: NamedArray]>, metadata: Metadata = {}): Pieces {
  const { header, arrays, size } = safetensorsLayout(entries, metadata);
  function* pieces(): Generator<Uint8Array> {
    yield header;
    for (const { name, array } of arrays) yield bytesOfArray(name, array);
  }
  return { size, pieces: pieces() };
}

/** Lay a safetensors file out, from types and shapes alone. @throws TypeError or RangeError as `writeSafetensors` does. */
export function safetensorsLayout<A extends ArrayInfo>(
  entries: Iterable<readonly [name: string, array: A]>,
  metadata: Metadata = {},
): SafetensorsLayout<A> {
  requireLittleEndian(failWith('safetensors'));
  const arrays = collect(entries).sort(
    (a, b) => dtypes.indexOf(a.array.dtype) - dtypes.indexOf(b.array.dtype) || compareBytes(a.key, b.key),
  );
  const header = encodeHeader(arrays, metadata);
  return { header, arrays, size: arrays.reduce((sum, { byteLength }) => sum + byteLength, header.length) };
}

type Entry<A> = { readonly name: string; readonly key: Uint8Array; readonly array: A; readonly byteLength: number };

function collect<A extends ArrayInfo>(entries: Iterable<readonly [string, A]>): Entry<A>[] {
  const arrays = new Map<string, Entry<A>>();
  for (const [name, array] of entries) {
    requireText('tensor name', name);
    if (name === '__metadata__') throw new RangeError("writeSafetensors: '__metadata__' is reserved by the format, rename the tensor");
    if (name.length > MAX_NAME_LENGTH)
      throw new RangeError(`writeSafetensors: a name has ${name.length} characters, at most ${MAX_NAME_LENGTH} can be read back`);
    if (arrays.has(name)) throw new RangeError(`writeSafetensors: tensor '${name}' is given twice`);
    arrays.set(name, { name, key: encoder.encode(name), array, byteLength: byteLengthOf(name, array) });
  }
  if (arrays.size > MAX_TENSORS) throw new RangeError(`writeSafetensors: ${arrays.size} tensors, at most ${MAX_TENSORS} can be read back`);
  return [...arrays.values()];
}

/** Length and text of the header. The text is joined by hand: a JavaScript object would reorder names that look like integers and swallow `__proto__`. */
function encodeHeader(arrays: readonly Entry<ArrayInfo>[], metadata: Metadata): Uint8Array {
  const pairs = [...(metadata instanceof Map ? metadata : Object.entries(metadata))];
  for (const [key, value] of pairs) {
    requireText('metadata key', key);
    requireText(`metadata value of '${key}'`, value);
  }
  const fields =
    pairs.length > 0 ? [`"__metadata__":{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`] : [];
  let at = 0;
  for (const { name, array, byteLength } of arrays) {
    const range = [at, at + byteLength];
    fields.push(`${JSON.stringify(name)}:{"dtype":"${array.dtype}","shape":[${array.shape}],"data_offsets":[${range}]}`);
    at += byteLength;
  }
  const text = encoder.encode(`{${fields}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > DEFAULT_HEADER_LIMIT)
    throw new RangeError(`writeSafetensors: the header takes ${length} bytes, at most ${DEFAULT_HEADER_LIMIT} can be read back`);
  const header = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return header;
}

function requireText(what: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`writeSafetensors: ${what} must be a string, got ${typeof value}`);
  if (/\p{Surrogate}/u.test(value)) throw new RangeError(`writeSafetensors: ${what} is not well-formed Unicode`);
}

/** Order of UTF-8 bytes, which is that of the reference; UTF-16 order differs above U+FFFF. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}
