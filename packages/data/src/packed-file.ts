import { DataError } from './data-error.js';

/** Packed files by their first bytes, and the program that unpacks them. */
const packers: readonly { readonly name: string; readonly start: readonly number[]; readonly remedy: string }[] = [
  { name: 'xz', start: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], remedy: 'unxz --keep' },
  { name: 'bzip2', start: [0x42, 0x5a, 0x68], remedy: 'bunzip2 --keep' },
  { name: 'zstd', start: [0x28, 0xb5, 0x2f, 0xfd], remedy: 'unzstd' },
  { name: 'gzip', start: [0x1f, 0x8b], remedy: 'gunzip --keep' },
];

/** Make the error for a file that is packed in a way that is not read here; undefined for any other. */
export function packedError(bytes: Uint8Array, path: string): DataError | undefined {
  const packer = packers.find(({ start }) => start.every((byte, i) => bytes[i] === byte));
  return packer && new DataError('mismatch', `${path} is packed by ${packer.name}, which is not read; unpack it: ${packer.remedy} ${path}`);
}
