import { type NamedArray } from './named-array.js';
export type Safetensors = {
  /** By name, in the order of their bytes in the file. */
  readonly tensors: Map<string, NamedArray>;
  readonly metadata: Map<string, string>;
};
export type ReadSafetensorsOptions = {
  /** What error messages call the file. */
  readonly source?: string;
  /** Longest header that is parsed, in bytes; at most 100 MB, the limit of the format. */
  readonly maxHeaderBytes?: number;
};
/** The format's own limit on its header. */
export declare const HEADER_LIMIT = 100000000;
/** Ours: a header of 100 MB with as many tensors as fit is a denial of service, one of 16 MB describes 100,000 tensors. */
export declare const DEFAULT_HEADER_LIMIT: number;
export declare const MAX_TENSORS = 100000;
export declare const MAX_NAME_LENGTH = 1024;
/**
 * Reads a whole safetensors file. Everything is checked before anything is allocated: header length and grammar, unique names,
 * byte ranges that tile the data without hole or overlap, sizes that agree with shape and dtype, no byte left over.
 *
 * The arrays are views of `bytes` where alignment allows (so leave `bytes` alone afterwards), else copies.
 * @throws CheckpointError for any file that is not a sound safetensors file.
 */
export declare function readSafetensors(bytes: Uint8Array, options?: ReadSafetensorsOptions): Safetensors;
//# sourceMappingURL=safetensors-read.d.ts.map
