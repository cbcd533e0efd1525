import type { NamedArray } from './named-array.js';
/**
 * Reads NumPy's archive of arrays, plain (`savez`) or compressed (`savez_compressed`): name → array, in the order of the archive.
 * @throws CheckpointError (as a rejection)
 */
export declare function readNpz(
  bytes: Uint8Array,
  options?: {
    readonly source?: string;
  },
): Promise<Map<string, NamedArray>>;
/**
 * Writes arrays as an uncompressed npz file that `numpy.load` reads; the same arrays in the same order give the same bytes.
 * @throws CheckpointError of kind 'unsupported' for BF16 and beyond 4 GiB.
 */
export declare function writeNpz(entries: Iterable<readonly [name: string, array: NamedArray]>): Uint8Array;
//# sourceMappingURL=npz.d.ts.map
