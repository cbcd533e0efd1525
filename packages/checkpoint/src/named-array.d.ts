import type { Fail } from './checkpoint-error.js';
/** How an element is stored. F16 and BF16 keep their 16 raw bits, BOOL one byte (0 or 1). */
export type ArrayOfDtype = {
  F64: Float64Array;
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I64: BigInt64Array;
  I32: Int32Array;
  I16: Int16Array;
  I8: Int8Array;
  U64: BigUint64Array;
  U32: Uint32Array;
  U16: Uint16Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
};
export type Dtype = keyof ArrayOfDtype;
/** Numbers with a shape, in row-major order; `data.length` is the product of `shape` (1 for `[]`). Narrowing `dtype` narrows `data`. */
export type NamedArray<D extends Dtype = Dtype> = {
  [K in D]: {
    readonly dtype: K;
    readonly shape: readonly number[];
    readonly data: ArrayOfDtype[K];
  };
}[D];
export declare const dtypes: readonly Dtype[];
export declare const isDtype: (text: unknown) => text is Dtype;
export declare const bytesPerElement: (dtype: Dtype) => number;
/** Product of a shape's sizes, or undefined where a size is no safe integer ≥ 0 or the product leaves the safe integers on the way. */
export declare function elementCount(shape: readonly number[]): number | undefined;
/** All our formats are little-endian and typed arrays follow the machine. */
export declare const isLittleEndian: boolean;
export declare function requireLittleEndian(fail: Fail): void;
/** An array over `bytes`: a view where the alignment allows it, else a copy. The caller has checked that the sizes agree. */
export declare function arrayFromBytes(dtype: Dtype, shape: readonly number[], bytes: Uint8Array): NamedArray;
/** The bytes of an array that is about to be written, after checking that class, shape and length agree. */
export declare function bytesOfArray(name: string, array: NamedArray): Uint8Array;
//# sourceMappingURL=named-array.d.ts.map
