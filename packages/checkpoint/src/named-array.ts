import type { ByteSource } from './byte-source.js';
import type { Fail } from './checkpoint-error.js';

/** Storage of an element. F16, BF16 and the two of 8 bits (E4M3 without infinities, E5M2) keep their raw bits, BOOL is one byte (0 or 1). */
export type ArrayOfDtype = {
  F64: Float64Array;
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I64: BigInt64Array;
  I32: Int32Array;
  I16: Int16Array;
  F8_E4M3: Uint8Array;
  F8_E5M2: Uint8Array;
  I8: Int8Array;
  U64: BigUint64Array;
  U32: Uint32Array;
  U16: Uint16Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
};

export type Dtype = keyof ArrayOfDtype;

/**
 * Numbers with a shape, in row-major order; `data.length` is the product of `shape` (1 for `[]`). Narrowing `dtype` narrows `data`.
 * `data` of an array in a file is read anew at each access, and not kept: take it once, and let it go.
 */
export type NamedArray<D extends Dtype = Dtype> = {
  [K in D]: {
    readonly dtype: K;
    readonly shape: readonly number[];
    readonly data: ArrayOfDtype[K];
    /** The bytes of `data` where they are not in memory, to be read in parts. */
    readonly content?: ByteSource;
  };
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
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
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

/** True on little-endian machines, whose order typed arrays and all our formats have. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

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

/** Make an array of `dtype` whose bytes a source holds: at once where they are in memory, else whenever `data` is asked for. */
export function arrayFromSource(dtype: Dtype, shape: readonly number[], source: ByteSource): NamedArray {
  if (source.bytes) return arrayFromBytes(dtype, shape, source.bytes);
  return lazyArray(dtype, shape, () => arrayFromBytes(dtype, shape, source.read(0, source.size)).data, source);
}

/** Make an array whose elements `read` gives whenever `data` is asked for; nothing of them is kept. */
export function lazyArray<D extends Dtype>(
  dtype: D,
  shape: readonly number[],
  read: () => ArrayOfDtype[D],
  content?: ByteSource,
): NamedArray<D> {
  const array = {
    dtype,
    shape: [...shape],
    get data() {
      return read();
    },
  };
  // Where the bytes are is no part of what the array is: two arrays of equal elements are equal.
  if (content) Object.defineProperty(array, 'content', { value: content });
  return array as unknown as NamedArray<D>;
}

/** Take the elements from `begin` to `end` as an array of one axis: a view of `data`, or those bytes alone where they lie in a file. */
export function elementsOf(array: NamedArray, begin: number, end: number): NamedArray {
  const { dtype, content } = array;
  const size = bytesPerElement(dtype);
  if (content) return arrayFromBytes(dtype, [end - begin], content.read(begin * size, end * size));
  return { dtype, shape: [end - begin], data: array.data.subarray(begin, end) } as NamedArray;
}

/** Bytes that an array takes, by its type and shape. @throws RangeError for a shape that is none */
export function byteLengthOf(name: string, { dtype, shape }: Pick<NamedArray, 'dtype' | 'shape'>): number {
  if (!isDtype(dtype)) throw new TypeError(`cannot write '${name}': dtype must be one of ${dtypes.join(', ')}, got ${String(dtype)}`);
  const count = elementCount(shape);
  if (count === undefined) throw new RangeError(`cannot write '${name}': shape [${shape}] is not one of whole numbers`);
  return count * bytesPerElement(dtype);
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
