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
  [K in D]: { readonly dtype: K; readonly shape: readonly number[]; readonly data: ArrayOfDtype[K] };
}[D];

type ArrayMaker = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayOfDtype[Dtype];
};

/** The array class of each dtype, in the order in which safetensors files lay tensors out (alignment first). */
const arrayClasses: Record<Dtype, ArrayMaker> = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

export const dtypes = Object.keys(arrayClasses) as readonly Dtype[];

export const isDtype = (text: unknown): text is Dtype => typeof text === 'string' && Object.hasOwn(arrayClasses, text);

export const bytesPerElement = (dtype: Dtype): number => arrayClasses[dtype].BYTES_PER_ELEMENT;

/** Product of a shape's sizes, or undefined where a size is no safe integer ≥ 0 or the product leaves the safe integers on the way. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** All our formats are little-endian and typed arrays follow the machine. */
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function requireLittleEndian(fail: Fail): void {
  if (!isLittleEndian)
    throw fail('unsupported', 'this machine is big-endian and the file is little-endian; byte swapping is not written yet');
}

/** An array over `bytes`: a view where the alignment allows it, else a copy. The caller has checked that the sizes agree. */
export function arrayFromBytes(dtype: Dtype, shape: readonly number[], bytes: Uint8Array): NamedArray {
  const aligned = bytes.byteOffset % bytesPerElement(dtype) === 0 ? bytes : new Uint8Array(bytes); // a copy: slice() of Node's Buffer would be a view
  const data = new arrayClasses[dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / bytesPerElement(dtype));
  return { dtype, shape: [...shape], data } as NamedArray;
}

/** The bytes of an array that is about to be written, after checking that class, shape and length agree. */
export function bytesOfArray(name: string, array: NamedArray): Uint8Array {
  const { dtype, shape, data } = array;
  if (!isDtype(dtype)) throw new TypeError(`cannot write '${name}': dtype must be one of ${dtypes.join(', ')}, got ${String(dtype)}`);
  if (!(data instanceof arrayClasses[dtype])) {
    throw new TypeError(
      `cannot write '${name}': dtype ${dtype} is stored in a ${arrayClasses[dtype].name}, got ${Object.prototype.toString.call(data)}`,
    );
  }
  if (elementCount(shape) !== data.length) {
    throw new RangeError(`cannot write '${name}': shape [${shape}] does not describe ${data.length} elements`);
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
