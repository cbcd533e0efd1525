import { type ByteSource, partOf, sourceOf } from './byte-source.js';
import { type CheckpointErrorKind, type Fail, failWith, quote } from './checkpoint-error.js';
import { arrayFromSource, bytesPerElement, type Dtype, elementCount, type NamedArray, requireLittleEndian } from './named-array.js';
import { headerText, isNpy, NPY_HEADER_BYTES } from './npy.js';
import { makeDtype, NumpyDtype, numpyGlobals } from './numpy-globals.js';
import { readPickle } from './pickle-read.js';
import {
  bytesOf,
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

/** Arrays and lists of integers by key; anything else that the dict holds is undefined. */
export type PickledDict = ReadonlyMap<string, NamedArray | readonly number[] | undefined>;

const dtypes = new Map<string, Dtype>(
  Object.entries({
    ...({ f8: 'F64', f4: 'F32', b1: 'BOOL' } as const),
    ...({ i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8' } as const),
    ...({ u8: 'U64', u4: 'U32', u2: 'U16', u1: 'U8' } as const),
  }),
);

/** NumPy's code of a reference to an object. */
const objectCode = 'O8';

/** An array is made empty and gets its content as a state: (version, shape, dtype, in Fortran order, bytes). */
class NumpyArray extends PickleObject {
  readonly label = 'numpy.ndarray';
  array?: NamedArray;
  /** The only entry of an array of one object. */
  item?: PickleValue;

  override build(state: PickleValue, context: PickleContext): void {
    const [version, shape, type, isFortran, content] = state instanceof PickleTuple ? state.items : [];
    if (version === 1 && type instanceof NumpyDtype && type.code === objectCode && Array.isArray(content) && content.length === 1) {
      this.item = content[0];
      return;
    }
    // Bytes of Python 2 that are UTF-8 by chance have become text; encoding gives them back.
    const bytes = typeof content === 'string' ? sourceOf(new TextEncoder().encode(content)) : bytesOf(content);
    if (version !== 1 || typeof isFortran !== 'boolean' || !bytes)
      throw context.fail('invalid-content', 'the state of an array is (1, shape, dtype, order, bytes)');
    this.array = arrayOf(bytes, type, shape, isFortran, context);
  }
}

function arrayOf(
  content: ByteSource,
  type: PickleValue | undefined,
  shape: PickleValue | undefined,
  isFortran: boolean,
  { fail, budget }: PickleContext,
): NamedArray {
  const dtype = type instanceof NumpyDtype && !type.isBigEndian ? dtypes.get(type.code) : undefined;
  const sizes = shape instanceof PickleTuple ? shape.items : undefined;
  if (dtype === undefined || !sizes?.every(isCount)) throw fail('unsupported', 'an array that is not of plain little-endian numbers');
  if ((elementCount(sizes) ?? Number.NaN) * bytesPerElement(dtype) !== content.size)
    throw fail('size-mismatch', `an array [${sizes.slice(0, 8)}] of ${dtype} in ${content.size} bytes`);
  budget.spend(cost.items(sizes.length), fail);
  const array = arrayFromSource(dtype, sizes, content);
  return isFortran ? toRowMajor(array) : array;
}

/** Make an array of protocol 5 and above: (bytes, dtype, shape, order). */
function fromBuffer([content, type, shape, order]: readonly PickleValue[], context: PickleContext): PickleValue {
  const bytes = bytesOf(content);
  if (!bytes || (order !== 'C' && order !== 'F'))
    throw context.fail('invalid-content', 'an array is made from bytes, dtype, shape and order');
  const made = new NumpyArray();
  made.array = arrayOf(bytes, type, shape, order === 'F', context);
  return made;
}

const ndarray = new PickleCallable('numpy.ndarray', 'function', (_, { fail }) => {
  throw fail('forbidden', 'makes an array in a way that pickled arrays are not made');
});

const reconstruct = new PickleCallable('numpy._reconstruct', 'function', ([type], { fail }) => {
  if (type !== ndarray) throw fail('invalid-content', 'makes something else than an array');
  return new NumpyArray();
});

function dtypeOrObject(args: readonly PickleValue[], context: PickleContext): PickleValue {
  return args[0] === objectCode ? new NumpyDtype(objectCode) : makeDtype(args, context);
}

const globals: PickleGlobals = new Map<string, PickleValue>([
  ...numpyGlobals,
  ['numpy dtype', new PickleCallable('numpy.dtype', 'class', dtypeOrObject)],
  ['numpy ndarray', ndarray],
  ['numpy.core.multiarray _reconstruct', reconstruct],
  ['numpy._core.multiarray _reconstruct', reconstruct],
  ...['numpy.core.numeric _frombuffer', 'numpy._core.numeric _frombuffer'].map((name): [string, PickleValue] => [
    name,
    new PickleCallable('numpy._frombuffer', 'function', fromBuffer),
  ]),
]);

/** Memory that values may take for each byte of the file: protocols below 3 keep an array as a text, which is there twice on its way. */
const MEMORY_PER_BYTE = 8;
const LEAST_MEMORY = 2 ** 25;

/**
 * Read a pickled dict of NumPy arrays and lists of integers, as Python 2 and 3 write it (protocols 0 to 5): the Python form of
 * CIFAR-10, and statistics of features. Keys may be text or bytes; those of a dict in the dict are `outer.inner`. An npy of one object, as `np.save` writes
 * a dict, is read too. Arrays are views of bytes in memory where alignment and order allow, else copies; those of another source
 * are read when their `data` is asked for.
 * @throws CheckpointError; of kind 'forbidden' for a pickle that asks for anything else.
 */
export function readPickledDict(input: Uint8Array | ByteSource, options: { readonly source?: string } = {}): PickledDict {
  const fail = failWith(options.source ?? 'pickle');
  requireLittleEndian(fail);
  const file = pickleIn(sourceOf(input), fail);
  const budget = new ReadBudget(Math.max(LEAST_MEMORY, MEMORY_PER_BYTE * file.size));
  const { value, end } = readPickle(file, 0, { globals, budget, byteStrings: true, maxText: Math.max(2 ** 20, file.size) }, fail);
  if (end !== file.size) throw fail('trailing-bytes', `${file.size - end} bytes follow the pickle`);
  const dict = value instanceof NumpyArray && value.item !== undefined ? value.item : value;
  if (!isDict(dict)) throw fail('invalid-content', `expected a dict, got ${describeValue(dict)}`);
  const entries = Array.from(dict, ([key, item]): [string, PickleValue][] => {
    const name = requireText(key, fail);
    return isDict(item) ? Array.from(item, ([inner, entry]) => [`${name}.${requireText(inner, fail)}`, entry]) : [[name, item]];
  });
  return new Map(entries.flat().map(([name, item]) => [name, contentOf(item)] as const));
}

/** Take the pickle out of an npy of objects; any other file is one. */
function pickleIn(file: ByteSource, fail: Fail): ByteSource {
  const head = file.read(0, Math.min(file.size, NPY_HEADER_BYTES));
  if (!isNpy(head)) return file;
  const { text, dataStart } = headerText(head, fail);
  if (!/'descr': *'\|O'/.test(text)) throw fail('unsupported', 'an npy file of numbers, expected one of a dict');
  return partOf(file, dataStart, file.size);
}

function requireText(key: PickleValue, fail: (kind: CheckpointErrorKind, message: string) => Error): string {
  if (typeof key !== 'string') throw fail('invalid-content', `a key of the dict is ${quote(describeValue(key))}, expected a text`);
  return key;
}

function contentOf(value: PickleValue): NamedArray | readonly number[] | undefined {
  if (value instanceof NumpyArray) return value.array;
  const items = value instanceof PickleTuple ? value.items : value;
  return Array.isArray(items) && items.every((item) => Number.isSafeInteger(item)) ? (items as number[]) : undefined;
}
