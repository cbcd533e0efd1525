import { gunzipSync } from 'node:zlib';
import { DataError } from './data-error.js';

/** An idx array of bytes: the format of MNIST and its relatives. `data.length` is the product of `shape`. */
export type IdxArray = { readonly shape: readonly number[]; readonly data: Uint8Array };

/** A gzip file may inflate to this, and 100 times its own size; MNIST's images inflate to 4.7 times theirs. */
const INFLATE_FLOOR = 64 * 2 ** 20;
const INFLATE_RATIO = 100;
const UNSIGNED_BYTE = 0x08;

/**
 * Reads an idx file, plain or gzip: two zero bytes, the element type (unsigned byte only), the rank, that many big-endian sizes, the data.
 * The data is a view of `bytes` (of the inflated bytes for gzip).
 * @throws DataError naming `source` when the file is anything else, cut off, or longer than it says.
 */
export function readIdx(bytes: Uint8Array, source = 'idx file'): IdxArray {
  const damaged = (reason: string) => new DataError('damaged', `${source}: ${reason}; get the file again`);
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, damaged) : bytes;
  if (plain.length < 4) throw damaged(`an idx file begins with 4 bytes of type and rank, got ${plain.length} bytes`);
  const [zero, alsoZero, type, rank] = plain;
  if (zero !== 0 || alsoZero !== 0) throw damaged('not an idx file: it does not begin with two zero bytes');
  if (type !== UNSIGNED_BYTE) throw damaged(`expected element type 0x08 (unsigned byte), got 0x${type.toString(16).padStart(2, '0')}`);
  if (rank === 0) throw damaged('it has no dimensions');
  const start = 4 + 4 * rank;
  if (plain.length < start) throw damaged(`its ${rank} sizes take ${start} bytes, got ${plain.length}`);
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const needed = shape.reduce((product, size) => product * size, 1);
  const present = plain.length - start;
  if (needed > present) throw damaged(`shape [${shape}] needs ${needed} bytes of data, got ${present}: the file is cut off`);
  if (needed < present) throw damaged(`${present - needed} bytes follow the data of shape [${shape}]`);
  // Not subarray: a Buffer's would be a Buffer, whose slice does not copy.
  return { shape, data: new Uint8Array(plain.buffer, plain.byteOffset + start, needed) };
}

function inflate(bytes: Uint8Array, damaged: (reason: string) => DataError): Uint8Array {
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    // With `info` the result also says how much of the input was used; the type declarations do not know.
    const options = { maxOutputLength: INFLATE_FLOOR + INFLATE_RATIO * bytes.length, info: true };
    result = gunzipSync(bytes, options) as unknown as typeof result;
  } catch (cause) {
    const tooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw damaged(tooLarge ? 'it inflates to more than 100 times its size' : `it does not inflate (${(cause as Error).message})`);
  }
  if (result.engine.bytesWritten !== bytes.length) throw damaged(`${bytes.length - result.engine.bytesWritten} bytes follow the gzip data`);
  return result.buffer;
}
