import { DataError } from './data-error.js';
import { gunzip } from './gunzip.js';

/** An idx array of bytes: the format of MNIST and its relatives. `data.length` is the product of `shape`. */
export type IdxArray = { readonly shape: readonly number[]; readonly data: Uint8Array };

const UNSIGNED_BYTE = 0x08;

/**
 * Read an idx file, plain or gzip: two zero bytes, the element type (unsigned byte only), the rank, that many big-endian sizes, the data.
 * The data is a view of `bytes` (of the inflated bytes for gzip).
 * @throws DataError naming `source` when the file is anything else, cut off, or longer than it says.
 */
export function readIdx(bytes: Uint8Array, source = 'idx file'): IdxArray {
  const damaged = (reason: string) => new DataError('damaged', `${source}: ${reason}; get the file again`);
  const plain = gunzip(bytes, source);
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
