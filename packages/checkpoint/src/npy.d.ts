import { type NamedArray } from './named-array.js';
/**
 * Reads a NumPy array file, format versions 1 to 3; Fortran order is turned into row-major order. Objects (pickles), records and
 * big-endian data are refused. The data is a view of `bytes` where alignment and order allow, else a copy.
 * @throws CheckpointError
 */
export declare function readNpy(
  bytes: Uint8Array,
  options?: {
    readonly source?: string;
  },
): NamedArray;
/**
 * Writes one array as an npy file, version 1, row-major; the data begins at a multiple of 64 bytes, as NumPy does it.
 * @throws CheckpointError of kind 'unsupported' for BF16, which NumPy has no name for; TypeError or RangeError for a malformed array.
 */
export declare function writeNpy(array: NamedArray): Uint8Array;
//# sourceMappingURL=npy.d.ts.map
