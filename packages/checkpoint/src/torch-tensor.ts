import { type ByteSource, partOf } from './byte-source.js';
import type { Fail } from './checkpoint-error.js';
import { arrayFromBytes, arrayFromSource, bytesPerElement, type Dtype, elementCount, lazyArray, type NamedArray } from './named-array.js';
import { isCount, PickleObject, PickleTuple, PickleUnknown, type PickleValue } from './pickle-values.js';
import { copyStrided, rowMajorStrides } from './row-major.js';

/** An element type as torch names it. */
export class TorchDtype extends PickleObject {
  readonly label: string;

  constructor(
    readonly name: string,
    readonly dtype: Dtype,
  ) {
    super();
    this.label = `torch.${name}`;
  }
}

/** A class of storages; without a dtype it is one of bytes, and the tensor says what they are, or of elements that are not read. */
export class TorchStorageType extends PickleObject {
  readonly label: string;

  constructor(
    readonly name: string,
    readonly dtype: Dtype | undefined,
    /** Bytes of one of the elements that the file counts. */
    readonly itemSize: number = dtype === undefined ? 1 : bytesPerElement(dtype),
  ) {
    super();
    this.label = `torch.${name}`;
  }
}

/** Numbers behind one or more tensors. In a legacy file they come after the tensors: `content` is set when they have been found. */
export class TorchStorage extends PickleObject {
  readonly label = 'a torch storage';
  content: ByteSource | undefined;

  constructor(
    readonly type: TorchStorageType,
    /** Elements of `type`. */
    readonly count: number,
  ) {
    super();
  }

  get byteLength(): number {
    return this.count * this.type.itemSize;
  }
}

/** A view of a storage, checked to lie inside of it. Offset and strides count elements. */
export class TorchTensor extends PickleObject {
  readonly label = 'a torch tensor';

  constructor(
    readonly storage: TorchStorage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

const MAX_RANK = 64;

/** Arguments of torch's tensor-building functions: storage, offset, size and stride in elements; `dtype` where the storage does not know it. */
export function buildTensor(args: readonly PickleValue[], dtype: Dtype | undefined, fail: Fail): TorchTensor | PickleUnknown {
  const [storage, offset, size, stride] = args;
  if (storage instanceof PickleUnknown) return new PickleUnknown(`a tensor of ${storage.label}`);
  if (!(storage instanceof TorchStorage)) throw fail('invalid-content', 'a tensor is made from a storage');
  const type = dtype ?? storage.type.dtype;
  if (type === undefined && storage.type.name !== 'UntypedStorage') return new PickleUnknown(`a tensor of ${storage.type.label}`);
  if (type === undefined) throw fail('invalid-content', 'a tensor over untyped bytes must say what they are');
  const shape = countsOf(size, 'size', fail);
  const strides = countsOf(stride, 'stride', fail);
  if (!isCount(offset)) throw fail('invalid-content', 'the offset of a tensor must be a whole number of at least 0');
  if (shape.length !== strides.length) throw fail('invalid-content', `a tensor has ${shape.length} sizes and ${strides.length} strides`);
  const needed = elementsSpanned(offset, shape, strides);
  const present = Math.floor(storage.byteLength / bytesPerElement(type));
  if (needed === undefined || needed > present) {
    throw fail(
      'size-mismatch',
      `a tensor of shape [${shape.slice(0, 16)}] needs ${needed ?? 'over 2^53'} elements of ${type}, its storage holds ${present}`,
    );
  }
  return new TorchTensor(storage, type, offset, shape, strides);
}

/** A tuple of sizes or strides. A negative stride would walk out of the storage: torch has none, and neither have we. */
export function countsOf(value: PickleValue, what: string, fail: Fail): readonly number[] {
  const items = value instanceof PickleTuple ? value.items : undefined;
  if (items && items.length > MAX_RANK) throw fail('too-large', `a tensor of ${items.length} axes, at most ${MAX_RANK} are read`);
  if (!items?.every(isCount)) throw fail('invalid-content', `the ${what} of a tensor must be a tuple of whole numbers of at least 0`);
  return items;
}

/** Return the shortest storage that a view lies inside, in elements, or undefined beyond the safe integers. */
function elementsSpanned(offset: number, shape: readonly number[], strides: readonly number[]): number | undefined {
  const count = elementCount(shape);
  if (count === undefined) return undefined;
  if (count === 0) return 0;
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
  return Number.isSafeInteger(last + 1) ? last + 1 : undefined;
}

/** Bytes that may still be copied; views of one storage, or a stride of 0, would else multiply a small file. */
export type CopyAllowance = { left: number };

/** Twice the file, which is a copy into order of a file at an odd address; and something for the small ones. */
export const copyAllowance = (fileBytes: number): CopyAllowance => ({ left: 2 * fileBytes + 2 ** 20 });

/** Give a tensor as an array in row-major order: a view of the file where order and alignment allow it, else a copy; of a file that is not in memory when it is asked for. */
export function arrayOfTensor({ storage, dtype, offset, shape, strides }: TorchTensor, allowance: CopyAllowance, fail: Fail): NamedArray {
  if (!storage.content) throw fail('truncated', 'a tensor has no data in the file');
  const size = bytesPerElement(dtype);
  const count = elementCount(shape)!;
  const length = count === 0 ? 0 : elementsSpanned(offset, shape, strides)! - offset;
  const span = partOf(storage.content, offset * size, (offset + length) * size);
  const take = (bytes: number): void => {
    allowance.left -= bytes;
    if (allowance.left < 0) throw fail('too-large', 'its tensors take far more than the file; save them with .contiguous()');
  };
  if (span.bytes && span.bytes.byteOffset % size !== 0) take(span.size);
  if (count === 0 || isRowMajor(shape, strides)) return arrayFromSource(dtype, shape, span);
  take(count * size);
  const read = (): NamedArray => {
    const source = arrayFromBytes(dtype, [length], span.read(0, span.size));
    const target = arrayFromBytes(dtype, shape, new Uint8Array(count * size));
    copyStrided(source.data as ArrayLike<unknown>, target.data as { [index: number]: unknown; readonly length: number }, shape, strides);
    return target;
  };
  return span.bytes ? read() : lazyArray(dtype, shape, () => read().data);
}

/** Strides along axes of one element do not matter. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const expected = rowMajorStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
}
