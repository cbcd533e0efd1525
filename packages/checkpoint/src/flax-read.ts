import { type Fail, failWith, quote } from './checkpoint-error.js';
import { type MsgpackMap, type MsgpackValue, readMsgpack } from './msgpack-read.js';
import { arrayFromBytes, bytesPerElement, type Dtype, elementCount, type NamedArray, requireLittleEndian } from './named-array.js';
import { PlainBuilder, type PlainContent, type PlainValue } from './plain-value.js';
import { ReadBudget } from './read-budget.js';

/** Element types by their names in NumPy. */
const dtypes = new Map<string, Dtype>([
  ['float64', 'F64'],
  ['float32', 'F32'],
  ['float16', 'F16'],
  ['bfloat16', 'BF16'],
  ['int64', 'I64'],
  ['int32', 'I32'],
  ['int16', 'I16'],
  ['int8', 'I8'],
  ['uint64', 'U64'],
  ['uint32', 'U32'],
  ['uint16', 'U16'],
  ['uint8', 'U8'],
  ['bool', 'BOOL'],
]);

/** Extension types of flax: an array, and a single number of NumPy in the same form. */
const ARRAY = 1;
const SCALAR = 3;
/** Marks a map that stands for one array, cut into pieces because msgpack has a longest value. */
const CHUNKED = '__msgpack_chunked_array__';

type FlaxValue = MsgpackValue<FlaxArray>;
type FlaxMap = MsgpackMap<FlaxArray>;

class FlaxArray {
  constructor(
    readonly dtype: Dtype,
    readonly shape: readonly number[],
    readonly bytes: Uint8Array,
  ) {}
}

/**
 * Reads a checkpoint of flax (msgpack of `flax.serialization`). `tensors` are named by their path with slashes, as names of flax hold
 * dots (`ema_params/down_0.block_1/conv1/kernel`); `value` is all the file held. Arrays that flax cut into chunks are put together.
 * Arrays are views of `bytes` where alignment allows it, else copies.
 * @throws CheckpointError
 */
export function readFlax(bytes: Uint8Array, options: { readonly source?: string } = {}): PlainContent {
  const fail = failWith(options.source ?? 'flax');
  requireLittleEndian(fail);
  const budget = new ReadBudget();
  const extension = (type: number, data: Uint8Array, failHere: Fail): FlaxArray => decodeArray(type, data, budget, failHere);
  const root: FlaxValue = readMsgpack(bytes, { extension, budget }, fail);
  if (!(root instanceof Map)) throw fail('invalid-header', 'not a checkpoint of flax: it does not begin with a map');
  const builder = new PlainBuilder('/', budget, fail);

  const plain = (value: FlaxValue, path: string): PlainValue =>
    builder.at(path, () => {
      if (value instanceof FlaxArray) return builder.tensor(path, arrayFromBytes(value.dtype, value.shape, value.bytes));
      if (value instanceof Map && value.has(CHUNKED)) return builder.tensor(path, joinChunks(value, path, fail));
      if (!(value instanceof Map) && !Array.isArray(value)) return value as PlainValue;
      builder.container();
      if (Array.isArray(value)) return value.map((item, i) => plain(item, builder.join(path, String(i))));
      return new Map(Array.from(value as FlaxMap, ([key, item]) => [key, plain(item, builder.join(path, key))] as const));
    });

  return { value: plain(root, ''), tensors: builder.tensors };
}

/** An array is a msgpack of its own: shape, name of the element type, bytes in row-major order. */
function decodeArray(type: number, data: Uint8Array, budget: ReadBudget, fail: Fail): FlaxArray {
  if (type !== ARRAY && type !== SCALAR) throw fail('unsupported', `extension type ${type}, which is neither an array nor a number`);
  const noExtension = (): never => {
    throw fail('invalid-content', 'an array inside the description of an array');
  };
  const inside: Fail = (kind, message, cause) => fail(kind, `in an array: ${message}`, cause);
  const parts = readMsgpack<never>(data, { extension: noExtension, budget }, inside);
  const [shape, name, bytes] = Array.isArray(parts) ? parts : [];
  if (!isShape(shape) || typeof name !== 'string' || !(bytes instanceof Uint8Array))
    throw inside('invalid-content', 'expected its shape, its element type and its bytes');
  const dtype = dtypes.get(name);
  if (!dtype) throw inside('unsupported', `element type ${quote(name)}, we read ${[...dtypes.keys()].join(', ')}`);
  requireSize(dtype, shape, bytes.length, inside);
  return new FlaxArray(dtype, shape, bytes);
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function requireSize(dtype: Dtype, shape: readonly number[], present: number, fail: Fail): void {
  const needed = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * bytesPerElement(dtype);
  if (needed !== present)
    throw fail('size-mismatch', `shape [${shape.slice(0, 16)}] of ${dtype} needs ${needed} bytes, there are ${present}`);
}

/** Puts an array together: its shape as a map of numbers, its elements as a map of flat arrays; the keys are "0", "1", … */
function joinChunks(value: FlaxMap, path: string, failAbove: Fail): NamedArray {
  const fail: Fail = (kind, message, cause) => failAbove(kind, `array ${quote(path)}: ${message}`, cause);
  const shape = numbered(value.get('shape'), fail);
  const chunks = numbered(value.get('chunks'), fail);
  if (!isShape(shape)) throw fail('invalid-content', 'the shape of a cut array must be whole numbers');
  const pieces = chunks.filter((chunk): chunk is FlaxArray => chunk instanceof FlaxArray);
  const [first] = pieces;
  if (!first || pieces.length !== chunks.length || pieces.some(({ dtype }) => dtype !== first.dtype))
    throw fail('invalid-content', 'the chunks of an array must be arrays of one type');
  requireSize(
    first.dtype,
    shape,
    pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
    fail,
  );
  return arrayFromBytes(first.dtype, shape, concatenate(pieces.map(({ bytes }) => bytes)));
}

/** The values of a map with the keys "0", "1", …, in order; flax writes lists that way. */
function numbered(value: FlaxValue | undefined, fail: Fail): FlaxValue[] {
  if (!(value instanceof Map)) throw fail('invalid-content', 'a cut array must have a shape and chunks, each a map');
  return Array.from({ length: value.size }, (_, i) => {
    const item = value.get(String(i));
    if (item === undefined) throw fail('invalid-content', `part ${i} of ${value.size} is missing`);
    return item;
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
