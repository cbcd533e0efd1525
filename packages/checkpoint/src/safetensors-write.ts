import { failWith } from './checkpoint-error.js';
import { bytesOfArray, dtypes, type NamedArray, requireLittleEndian } from './named-array.js';
import { DEFAULT_HEADER_LIMIT, MAX_NAME_LENGTH, MAX_TENSORS } from './safetensors-read.js';

const encoder = new TextEncoder();

type Part = { readonly name: string; readonly key: Uint8Array; readonly array: NamedArray; readonly bytes: Uint8Array };

/**
 * Writes a safetensors file as the reference library lays it out: widest dtype first, then by name, the header padded with
 * spaces so that the data begins at a multiple of 8. The same content gives the same bytes, whatever the order of `entries`.
 * @throws TypeError or RangeError when an array, a name or a metadata value cannot be written.
 */
export function writeSafetensors(
  entries: Iterable<readonly [name: string, array: NamedArray]>,
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {},
): Uint8Array {
  requireLittleEndian(failWith('safetensors'));
  const parts = collectParts(entries).sort(
    (a, b) => dtypes.indexOf(a.array.dtype) - dtypes.indexOf(b.array.dtype) || compareBytes(a.key, b.key),
  );
  const header = encodeHeader(parts, metadata);
  const file = new Uint8Array(8 + header.length + parts.reduce((sum, part) => sum + part.bytes.length, 0));
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const { bytes } of parts) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function collectParts(entries: Iterable<readonly [string, NamedArray]>): Part[] {
  const parts = new Map<string, Part>();
  for (const [name, array] of entries) {
    requireText('tensor name', name);
    if (name === '__metadata__') throw new RangeError("writeSafetensors: '__metadata__' is reserved by the format, rename the tensor");
    if (name.length > MAX_NAME_LENGTH)
      throw new RangeError(`writeSafetensors: a name has ${name.length} characters, at most ${MAX_NAME_LENGTH} can be read back`);
    if (parts.has(name)) throw new RangeError(`writeSafetensors: tensor '${name}' is given twice`);
    parts.set(name, { name, key: encoder.encode(name), array, bytes: bytesOfArray(name, array) });
  }
  if (parts.size > MAX_TENSORS) throw new RangeError(`writeSafetensors: ${parts.size} tensors, at most ${MAX_TENSORS} can be read back`);
  return [...parts.values()];
}

/** Text is joined by hand: a JavaScript object would reorder names that look like integers and swallow `__proto__`. */
function encodeHeader(parts: readonly Part[], metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>>): Uint8Array {
  const pairs = [...(metadata instanceof Map ? metadata : Object.entries(metadata))];
  for (const [key, value] of pairs) {
    requireText('metadata key', key);
    requireText(`metadata value of '${key}'`, value);
  }
  const fields =
    pairs.length > 0 ? [`"__metadata__":{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`] : [];
  let at = 0;
  for (const { name, array, bytes } of parts) {
    const range = [at, at + bytes.length];
    fields.push(`${JSON.stringify(name)}:{"dtype":"${array.dtype}","shape":[${array.shape}],"data_offsets":[${range}]}`);
    at += bytes.length;
  }
  const text = encoder.encode(`{${fields}}`);
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  if (header.length > DEFAULT_HEADER_LIMIT)
    throw new RangeError(`writeSafetensors: the header takes ${header.length} bytes, at most ${DEFAULT_HEADER_LIMIT} can be read back`);
  header.set(text);
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
