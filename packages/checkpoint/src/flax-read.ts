import type { ByteSource } from './byte-source.js';
import { type Fail, failWith, quote } from './checkpoint-error.js';
import { joinPieces } from './joined-pieces.js';
import { type MsgpackMap, type MsgpackValue, readMsgpack } from './msgpack-read.js';
import {
  arrayFromBytes,
  arrayFromSource,
  bytesPerElement,
  type Dtype,
  elementCount,
  lazyArray,
  type NamedArray,
  requireLittleEndian,
} from './named-array.js';
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
    readonly content: ByteSource,
  ) {}
}

/**
 * Read a checkpoint of flax (msgpack of `flax.serialization`). `tensors` are named by their path with slashes, as names of flax hold
 * dots (`ema_params/down_0.block_1/conv1/kernel`); `value` is all the file held. Arrays that flax cut into chunks are put together.
 * Arrays are views of bytes in memory where alignment allows it, else copies; those of another source are read when their `data` is asked for.
 * @throws CheckpointError
 */
export function readFlax(input: Uint8Array | ByteSource, options: { readonly source?: string } = {}): PlainContent {
  const fail = failWith(options.source ?? 'flax');
  requireLittleEndian(fail);
  const budget = new ReadBudget();
  const extension = (type: number, data: ByteSource, failHere: Fail): FlaxArray => decodeArray(type, data, budget, failHere);
  const root: FlaxValue = readMsgpack(input, { extension, budget }, fail);
  if (!(root instanceof Map)) throw fail('invalid-header', 'not a checkpoint of flax: it does not begin with a map');
  const builder = new PlainBuilder('/', budget, fail);

  const plain = (value: FlaxValue, path: string): PlainValue =>
    builder.at(path, () => {
      if (value instanceof FlaxArray) return builder.tensor(path, arrayFromSource(value.dtype, value.shape, value.content));
      if (value instanceof Map && value.has(CHUNKED)) return builder.tensor(path, joinChunks(value, path, fail));
      if (isSource(value)) return value.read(0, value.size);
      if (!(value instanceof Map) && !Array.isArray(value)) return value as PlainValue;
      builder.container();
      if (Array.isArray(value)) return value.map((item, i) => plain(item, builder.join(path, String(i))));
      return new Map(Array.from(value as FlaxMap, ([key, item]) => [key, plain(item, builder.join(path, key))] as const));
    });

  return { value: plain(root, ''), tensors: builder.tensors, passedOver: builder.passedOver };
}

/** An array is a msgpack of its own: shape, name of the element type, bytes in row-major order. */
function decodeArray(type: number, data: ByteSource, budget: ReadBudget, fail: Fail): FlaxArray {
  if (type !== ARRAY && type !== SCALAR) throw fail('unsupported', `extension type ${type}, which is neither an array nor a number`);
  const noExtension = (): never => {
    throw fail('invalid-content', 'an array inside the description of an array');
  };
  const inside: Fail = (kind, message, cause) => fail(kind, `in an array: ${message}`, cause);
  const parts = readMsgpack<never>(data, { extension: noExtension, budget }, inside);
  const [shape, name, content] = Array.isArray(parts) ? parts : [];
  if (!isShape(shape) || typeof name !== 'string' || !isSource(content))
    throw inside('invalid-content', 'expected its shape, its element type and its bytes');
  const dtype = dtypes.get(name);
  if (!dtype) throw inside('unsupported', `element type ${quote(name)}, we read ${[...dtypes.keys()].join(', ')}`);
  requireSize(dtype, shape, content.size, inside);
  return new FlaxArray(dtype, shape, content);
}

const isSource = (value: unknown): value is ByteSource => typeof value === 'object' && value !== null && 'read' in value && 'size' in value;

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function requireSize(dtype: Dtype, shape: readonly number[], present: number, fail: Fail): void {
  const needed = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * bytesPerElement(dtype);
  if (needed !== present)
    throw fail('size-mismatch', `shape [${shape.slice(0, 16)}] of ${dtype} needs ${needed} bytes, there are ${present}`);
}

/** Put an array together: its shape as a map of numbers, its elements as a map of flat arrays; the keys are "0", "1", … */
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
    pieces.reduce((sum, { content }) => sum + content.size, 0),
    fail,
  );
  const size = pieces.reduce((sum, { content }) => sum + content.size, 0);
  const read = () =>
    arrayFromBytes(first.dtype, shape, joinPieces({ size, pieces: pieces.map(({ content }) => content.read(0, content.size)) }));
  return first.content.bytes ? read() : lazyArray(first.dtype, shape, () => read().data);
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
