import { failWith, quote } from './checkpoint-error.js';
import type { NamedArray } from './named-array.js';
import { readNpy, writeNpy } from './npy.js';
import { readZip } from './zip-read.js';
import { writeZip } from './zip-write.js';

/**
 * Reads NumPy's archive of arrays, plain (`savez`) or compressed (`savez_compressed`): name → array, in the order of the archive.
 * @throws CheckpointError (as a rejection)
 */
export async function readNpz(bytes: Uint8Array, options: { readonly source?: string } = {}): Promise<Map<string, NamedArray>> {
  const source = options.source ?? 'npz';
  const arrays = new Map<string, NamedArray>();
  for (const [name, data] of await readZip(bytes, { source })) {
    if (!name.endsWith('.npy')) throw failWith(source)('invalid-name', `entry ${quote(name)} is not an npy file`);
    arrays.set(name.slice(0, -'.npy'.length), readNpy(data, { source: `${source}, array ${quote(name.slice(0, -'.npy'.length))}` }));
  }
  return arrays;
}

/**
 * Writes arrays as an uncompressed npz file that `numpy.load` reads; the same arrays in the same order give the same bytes.
 * @throws CheckpointError of kind 'unsupported' for BF16 and beyond 4 GiB.
 */
export function writeNpz(entries: Iterable<readonly [name: string, array: NamedArray]>): Uint8Array {
  return writeZip(Array.from(entries, ([name, array]) => [`${name}.npy`, writeNpy(array)] as const));
}
