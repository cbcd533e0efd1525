import type { Fail } from './checkpoint-error.js';
import type { Dtype } from './named-array.js';
import { numpyGlobals } from './numpy-globals.js';
import { setOnce } from './pickle-machine.js';
import {
  isCount,
  PickleCallable,
  type PickleContext,
  type PickleGlobals,
  PickleTuple,
  PickleUnknown,
  type PickleValue,
} from './pickle-values.js';
import { cost } from './read-budget.js';
import { buildTensor, countsOf, TorchDtype, TorchStorage, TorchStorageType, TorchTensor } from './torch-tensor.js';

/** Element types by their storage class and by name; torch has no storage class of its own for the unsigned ones and those of 8 bits. */
export const torchTypes: readonly { readonly dtype: Dtype; readonly name: string; readonly storage?: string }[] = [
  { dtype: 'F64', name: 'float64', storage: 'DoubleStorage' },
  { dtype: 'F32', name: 'float32', storage: 'FloatStorage' },
  { dtype: 'F16', name: 'float16', storage: 'HalfStorage' },
  { dtype: 'BF16', name: 'bfloat16', storage: 'BFloat16Storage' },
  { dtype: 'I64', name: 'int64', storage: 'LongStorage' },
  { dtype: 'I32', name: 'int32', storage: 'IntStorage' },
  { dtype: 'I16', name: 'int16', storage: 'ShortStorage' },
  { dtype: 'I8', name: 'int8', storage: 'CharStorage' },
  { dtype: 'U8', name: 'uint8', storage: 'ByteStorage' },
  { dtype: 'BOOL', name: 'bool', storage: 'BoolStorage' },
  { dtype: 'U64', name: 'uint64' },
  { dtype: 'U32', name: 'uint32' },
  { dtype: 'U16', name: 'uint16' },
  { dtype: 'F8_E4M3', name: 'float8_e4m3fn' },
  { dtype: 'F8_E5M2', name: 'float8_e5m2' },
];

/** Storage classes of elements that are not read, and the bytes of one: a file may hold such tensors beside those that are wanted. */
const unreadStorages: readonly (readonly [name: string, itemSize: number])[] = [
  ['ComplexDoubleStorage', 16],
  ['ComplexFloatStorage', 8],
  ['QInt32Storage', 4],
  ['QInt8Storage', 1],
  ['QUInt8Storage', 1],
  ['QUInt4x2Storage', 1],
  ['QUInt2x4Storage', 1],
];

/** Storage classes: all that the data of one tensor inside another pickle may name. */
export const storageGlobals: PickleGlobals = new Map<string, PickleValue>([
  ['torch.storage UntypedStorage', new TorchStorageType('UntypedStorage', undefined)],
  ...torchTypes
    .filter(({ storage }) => storage !== undefined)
    .map(({ storage, dtype }): [string, PickleValue] => [`torch ${storage}`, new TorchStorageType(storage!, dtype)]),
]);

const callable = (
  name: string,
  kind: 'function' | 'class',
  apply: (args: readonly PickleValue[], context: PickleContext) => PickleValue,
): [string, PickleValue] => [name, new PickleCallable(name.replace(' ', '.'), kind, apply)];

/** A dictionary that remembers its order, as ours do: made empty, or from a list of pairs. */
export function makeDict(args: readonly PickleValue[], { fail, budget }: PickleContext): PickleValue {
  const [pairs = []] = args;
  if (args.length > 1 || !Array.isArray(pairs)) throw fail('invalid-content', 'a dict is made from a list of pairs');
  budget.spend(cost.map + cost.entry * pairs.length, fail);
  const dict = new Map<PickleValue, PickleValue>();
  for (const pair of pairs) {
    const items = Array.isArray(pair) ? pair : pair instanceof PickleTuple ? pair.items : [];
    if (items.length !== 2) throw fail('invalid-content', 'a dict is made from pairs');
    setOnce(dict, items[0], items[1], fail);
  }
  return dict;
}

function makeSet(args: readonly PickleValue[], { fail, budget }: PickleContext): PickleValue {
  const [items = []] = args;
  if (args.length > 1 || !Array.isArray(items)) throw fail('invalid-content', 'a set is made from a list');
  budget.spend(cost.map + cost.entry * items.length, fail);
  return new Set(items);
}

const sizeOf = ([size]: readonly PickleValue[], { fail }: PickleContext): PickleValue => new PickleTuple(countsOf(size, 'size', fail));

function deviceName([type]: readonly PickleValue[], { fail }: PickleContext): PickleValue {
  if (typeof type !== 'string') throw fail('invalid-content', 'a device is named by a text');
  return type;
}

function untypedTensor(args: readonly PickleValue[], { fail }: PickleContext): PickleValue {
  const dtype = args[6];
  if (dtype instanceof PickleUnknown) return new PickleUnknown(`a tensor of ${dtype.label}`);
  if (!(dtype instanceof TorchDtype)) throw fail('invalid-content', 'the element type of a tensor is missing');
  return buildTensor(args, dtype.dtype, fail);
}

/** A parameter is its tensor; whether it wants gradients, and hooks, are not kept. */
function parameterData([tensor]: readonly PickleValue[], { fail }: PickleContext): PickleValue {
  if (tensor instanceof PickleUnknown) return tensor;
  if (!(tensor instanceof TorchTensor)) throw fail('invalid-content', 'a parameter is made from a tensor');
  return tensor;
}

/** A tensor of a subclass, or with attributes of its own, such as an `nn.Buffer`: the tensor; class and attributes are not kept. */
function withoutType([rebuild, , args]: readonly PickleValue[], context: PickleContext): PickleValue {
  if (rebuild instanceof PickleUnknown) return rebuild;
  if (rebuild instanceof PickleCallable && args instanceof PickleTuple) {
    const made = rebuild.apply(args.items, context);
    if (made instanceof TorchTensor || made instanceof PickleUnknown) return made;
  }
  throw context.fail('invalid-content', 'a tensor with a type of its own is made from a tensor');
}

/** Everything that a file of `torch.save` may name: tensors, their types, plain containers, numbers of NumPy. The list is closed. */
export const torchGlobals: PickleGlobals = new Map<string, PickleValue>([
  ...storageGlobals,
  ...unreadStorages.map(([name, size]): [string, PickleValue] => [`torch ${name}`, new TorchStorageType(name, undefined, size)]),
  ...torchTypes.map(({ name, dtype }): [string, PickleValue] => [`torch ${name}`, new TorchDtype(name, dtype)]),
  ...numpyGlobals,
  callable('collections OrderedDict', 'class', makeDict),
  callable('collections defaultdict', 'class', () => new Map()),
  callable('builtins set', 'class', makeSet),
  callable('builtins frozenset', 'class', makeSet),
  callable('__builtin__ set', 'class', makeSet),
  callable('__builtin__ frozenset', 'class', makeSet),
  callable('torch Size', 'class', sizeOf),
  callable('torch device', 'class', deviceName),
  callable('torch._utils _rebuild_tensor', 'function', (args, { fail }) => buildTensor(args, undefined, fail)),
  callable('torch._utils _rebuild_tensor_v2', 'function', (args, { fail }) => buildTensor(args, undefined, fail)),
  callable('torch._utils _rebuild_tensor_v3', 'function', untypedTensor),
  callable('torch._utils _rebuild_parameter', 'function', parameterData),
  callable('torch._utils _rebuild_parameter_with_state', 'function', parameterData),
  callable('torch._tensor _rebuild_from_type', 'function', withoutType),
  callable('torch._tensor _rebuild_from_type_v2', 'function', withoutType),
]);

export type StorageReference = { readonly type: TorchStorageType; readonly key: string; readonly count: number };

/** Reference of a persistent id of torch: ('storage', class, key, device, element count), and in legacy files a view, of which none is read. */
export function storageReference(id: PickleValue, fail: Fail): StorageReference | PickleUnknown {
  const items = id instanceof PickleTuple ? id.items : [];
  const [kind, type, key, , count, view = null] = items;
  if (kind === 'storage' && type instanceof PickleUnknown) return type;
  if (kind !== 'storage' || !(type instanceof TorchStorageType) || typeof key !== 'string' || !isCount(count))
    throw fail('invalid-content', "a reference to data must be ('storage', class, key, device, count)");
  if (view !== null || items.length > 6)
    throw fail('unsupported', 'a storage that is a view of another one; save again with a newer torch');
  if (!Number.isSafeInteger(count * type.itemSize)) throw fail('size-mismatch', `a storage of ${count} elements is beyond 2^53 bytes`);
  return { type, key, count };
}

/** The storages of one file by key; each is made once, however many tensors refer to it. */
export class StorageTable {
  readonly #byKey = new Map<string, TorchStorage>();

  get entries(): ReadonlyMap<string, TorchStorage> {
    return this.#byKey;
  }

  /** @throws CheckpointError when two references to one storage contradict each other. */
  refer({ type, key, count }: StorageReference, fail: Fail): TorchStorage {
    const known = this.#byKey.get(key);
    if (known && (known.type !== type || known.count !== count))
      throw fail('size-mismatch', 'two tensors say different things about the data that they share');
    const storage = known ?? new TorchStorage(type, count);
    this.#byKey.set(key, storage);
    return storage;
  }
}
