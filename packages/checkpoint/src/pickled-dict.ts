import { type CheckpointErrorKind, failWith, quote } from './checkpoint-error.js';
import { arrayFromBytes, bytesPerElement, type Dtype, elementCount, type NamedArray, requireLittleEndian } from './named-array.js';
import { NumpyDtype, numpyGlobals } from './numpy-globals.js';
import { readPickle } from './pickle-read.js';
import {
  describeValue,
  isCount,
  isDict,
  PickleCallable,
  type PickleContext,
  type PickleGlobals,
  PickleObject,
  PickleTuple,
  type PickleValue,
} from './pickle-values.js';
import { cost, ReadBudget } from './read-budget.js';
import { toRowMajor } from './row-major.js';

/** Arrays and lists of integers by key; what else the dict holds is undefined. */
export type PickledDict = ReadonlyMap<string, NamedArray | readonly number[] | undefined>;

const dtypes = new Map<string, Dtype>(
  Object.entries({
    ...({ f8: 'F64', f4: 'F32', b1: 'BOOL' } as const),
    ...({ i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8' } as const),
    ...({ u8: 'U64', u4: 'U32', u2: 'U16', u1: 'U8' } as const),
  }),
);

/** An array is made empty and gets its content as a state: (version, shape, dtype, in Fortran order, bytes). */
class NumpyArray extends PickleObject {
  readonly label = 'numpy.ndarray';
  array?: NamedArray;

  override build(state: PickleValue, { fail, budget }: PickleContext): void {
    const [version, shape, type, isFortran, content] = state instanceof PickleTuple ? state.items : [];
    const dtype = type instanceof NumpyDtype ? dtypes.get(type.code) : undefined;
    // Bytes of Python 2 that are UTF-8 by chance have become text; encoding gives them back.
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    if (version !== 1 || !(shape instanceof PickleTuple) || typeof isFortran !== 'boolean' || !(bytes instanceof Uint8Array))
      throw fail('invalid-content', 'the state of an array is (1, shape, dtype, order, bytes)');
    if (dtype === undefined || !shape.items.every(isCount)) throw fail('unsupported', 'an array that is not of plain numbers');
    const sizes = shape.items as readonly number[];
    if ((elementCount(sizes) ?? Number.NaN) * bytesPerElement(dtype) !== bytes.length)
      throw fail('size-mismatch', `an array [${sizes.slice(0, 8)}] of ${dtype} in ${bytes.length} bytes`);
    budget.spend(cost.items(sizes.length), fail);
    const array = arrayFromBytes(dtype, sizes, bytes);
    this.array = isFortran ? toRowMajor(array) : array;
  }
}

const ndarray = new PickleCallable('numpy.ndarray', 'function', (_, { fail }) => {
  throw fail('forbidden', 'makes an array in a way that pickled arrays are not made');
});

const reconstruct = new PickleCallable('numpy._reconstruct', 'function', ([type], { fail }) => {
  if (type !== ndarray) throw fail('invalid-content', 'makes something else than an array');
  return new NumpyArray();
});

const globals: PickleGlobals = new Map<string, PickleValue>([
  ...numpyGlobals,
  ['numpy ndarray', ndarray],
  ['numpy.core.multiarray _reconstruct', reconstruct],
  ['numpy._core.multiarray _reconstruct', reconstruct],
]);

/**
 * Reads a pickled dict of NumPy arrays and lists of integers, as Python 2 and 3 write it (protocols 0 to 4): what the Python form of
 * CIFAR-10 is. Keys are text. Arrays are views of `bytes` where alignment and order allow, else copies.
 * @throws CheckpointError; of kind 'forbidden' for a pickle that asks for anything else.
 */
export function readPickledDict(bytes: Uint8Array, options: { readonly source?: string } = {}): PickledDict {
  const fail = failWith(options.source ?? 'pickle');
  requireLittleEndian(fail);
  const { value, end } = readPickle(bytes, 0, { globals, budget: new ReadBudget(), byteStrings: true }, fail);
  if (end !== bytes.length) throw fail('trailing-bytes', `${bytes.length - end} bytes follow the pickle`);
  if (!isDict(value)) throw fail('invalid-content', `expected a dict, got ${describeValue(value)}`);
  return new Map(Array.from(value, ([key, item]) => [requireText(key, fail), contentOf(item)] as const));
}

function requireText(key: PickleValue, fail: (kind: CheckpointErrorKind, message: string) => Error): string {
  if (typeof key !== 'string') throw fail('invalid-content', `a key of the dict is ${quote(describeValue(key))}, expected a text`);
  return key;
}

function contentOf(value: PickleValue): NamedArray | readonly number[] | undefined {
  if (value instanceof NumpyArray) return value.array;
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item)) ? (value as number[]) : undefined;
}
