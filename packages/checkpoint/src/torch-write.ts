import { failWith, quote } from './checkpoint-error.js';
import { joinPieces, type Pieces } from './joined-pieces.js';
import { byteLengthOf, bytesOfArray, bytesPerElement, type NamedArray, requireLittleEndian } from './named-array.js';
import { PickleWriter } from './pickle-write.js';
import { rowMajorStrides } from './row-major.js';
import { MAX_NAME_LENGTH } from './safetensors-read.js';
import { torchTypes } from './torch-globals.js';
import { type ZipFileEntry, type ZipOptions, zipPieces } from './zip-write.js';

const FOLDER = 'archive';
/** torch puts data at multiples of this, so that it can be mapped into memory. */
const ALIGNMENT = 64;

type Entries = Iterable<readonly [name: string, array: NamedArray]>;

/**
 * Write a state dict as `torch.save` does (zip form, pickle protocol 2): `torch.load(path, weights_only=True)` gives an OrderedDict of
 * tensors under these names. The same arrays in the same order give the same bytes.
 * @throws RangeError or TypeError for an array or a name that cannot be written.
 */
export const writeTorch = (entries: Entries): Uint8Array => joinPieces(torchPieces(entries));

/** Write the same file piece by piece, with one array in memory at a time. */
export function torchPieces(entries: Entries, options: Pick<ZipOptions, 'wideFrom'> = {}): Pieces {
  requireLittleEndian(failWith('torch'));
  const arrays = new Map<string, NamedArray>();
  for (const [name, array] of entries) {
    if (arrays.has(name)) throw new RangeError(`writeTorch: tensor ${quote(name)} is given twice`);
    if (name.length > MAX_NAME_LENGTH)
      throw new RangeError(`writeTorch: the name ${quote(name)} has more than ${MAX_NAME_LENGTH} characters`);
    arrays.set(name, array);
  }
  const whole = (name: string, bytes: Uint8Array): ZipFileEntry => ({
    name: `${FOLDER}/${name}`,
    size: bytes.length,
    pieces: () => [bytes],
  });
  const storages = Array.from(
    arrays,
    ([name, array], i): ZipFileEntry => ({
      name: `${FOLDER}/data/${i}`,
      size: byteLengthOf(name, array),
      pieces: () => [bytesOfArray(name, array)],
    }),
  );
  const text = (value: string) => new TextEncoder().encode(value);
  const files = [whole('data.pkl', stateDict(arrays)), whole('byteorder', text('little')), ...storages, whole('version', text('3\n'))];
  return zipPieces(files, { align: ALIGNMENT, ...options });
}

/** The pickle: an OrderedDict, name by name, whose tensors refer to the storages by number. */
function stateDict(arrays: ReadonlyMap<string, NamedArray>): Uint8Array {
  const pickle = new PickleWriter();
  emptyDict(pickle).setItems(() => {
    let key = 0;
    for (const [name, array] of arrays) {
      pickle.text(name);
      writeTensor(pickle, array, String(key++));
    }
  });
  return pickle.finish();
}

const emptyDict = (pickle: PickleWriter): PickleWriter =>
  pickle
    .global('collections', 'OrderedDict')
    .tuple(() => {})
    .reduce();

/** `_rebuild_tensor_v2`(storage, offset, size, stride, requires_grad, hooks); the newer v3 where only the element type says what it is. */
function writeTensor(pickle: PickleWriter, array: NamedArray, key: string): void {
  const { dtype, shape } = array;
  const byteLength = byteLengthOf(key, array);
  const { name, storage } = torchTypes.find((type) => type.dtype === dtype)!;
  const counts = (values: readonly number[]) =>
    pickle.tuple(() => {
      for (const value of values) pickle.count(value);
    });
  pickle.global('torch._utils', storage ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3');
  pickle.tuple(() => {
    pickle.tuple(() => {
      pickle.text('storage');
      if (storage) pickle.global('torch', storage);
      else pickle.global('torch.storage', 'UntypedStorage');
      pickle.text(key).text('cpu');
      pickle.count(storage ? byteLength / bytesPerElement(dtype) : byteLength);
    });
    pickle.persistent().count(0);
    counts(shape);
    counts(rowMajorStrides(shape));
    pickle.boolean(false);
    emptyDict(pickle);
    if (!storage) pickle.global('torch', name);
  });
  pickle.reduce();
}
