import { ByteCursor } from './byte-cursor.js';
import type { ByteSource } from './byte-source.js';
import { type Fail, quote } from './checkpoint-error.js';
import type { PickleOptions } from './pickle-machine.js';
import { readPickle } from './pickle-read.js';
import { isDict, type PickleGlobals, PickleUnknown, type PickleValue } from './pickle-values.js';
import { StorageTable, storageReference } from './torch-globals.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** Magic number as a pickle writes it: an integer of 10 bytes. */
const MAGIC_BYTES = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
/** Offsets of the pickle: behind the protocol's number, and from protocol 4 on behind a frame of 9 bytes. */
const MAGIC_PLACES = [2, 11];

/** Tell by its first 24 bytes whether a file is of the older form of `torch.save`, in any pickle protocol from 2 on. */
export const isTorchLegacy = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x80 && MAGIC_PLACES.some((place) => MAGIC_BYTES.every((byte, i) => bytes[place + i] === byte));

const none: PickleGlobals = new Map();

/**
 * Read the form of `torch.save` before version 1.6: five pickles (magic number, version, machine, value, keys of the storages), then
 * for each key the number of elements in 8 bytes and the elements, which stay in the file. Also the form of each tensor inside an ordinary pickle.
 */
export function readTorchLegacy(
  file: ByteSource,
  { globals, budget, keepUnknown }: Pick<PickleOptions, 'globals' | 'budget' | 'keepUnknown'>,
  fail: Fail,
): PickleValue {
  let at = 0;
  const storages = new StorageTable();
  const next = (allowed: PickleGlobals, persistent?: (id: PickleValue, fail: Fail) => PickleValue): PickleValue => {
    const { value, end } = readPickle(file, at, { globals: allowed, persistent, budget, keepUnknown }, fail);
    at = end;
    return value;
  };
  if (next(none) !== MAGIC) throw fail('invalid-header', 'not a file of torch.save: it does not begin with its magic number');
  const version = next(none);
  if (version !== VERSION) throw fail('unsupported', `version ${String(version)} of the torch format, we read ${VERSION}`);
  const machine = next(none);
  if (!isDict(machine) || machine.get('little_endian') !== true)
    throw fail('unsupported', 'its data is not little-endian; save it again on a little-endian machine');
  const value = next(globals, (id, failHere) => {
    const reference = storageReference(id, failHere);
    if (reference instanceof PickleUnknown)
      throw failHere('unsupported', `data of ${reference.label}, whose size is not known; save it again with a newer torch`);
    return storages.refer(reference, failHere);
  });
  const keys = next(none);
  fillStorages(new ByteCursor(file, fail, true, at), keys, storages, fail);
  return value;
}

/** The data of the storages, in the order of their keys, to the end of the file. */
function fillStorages(cursor: ByteCursor, keys: PickleValue, storages: StorageTable, fail: Fail): void {
  if (!Array.isArray(keys)) throw fail('invalid-content', 'the keys of the storages must be a list');
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.entries.get(key) : undefined;
    if (!storage) throw fail('invalid-content', 'the file holds data that no tensor refers to');
    if (storage.content) throw fail('duplicate-name', `the data ${quote(String(key))} occurs twice`);
    const count = cursor.length64();
    if (count !== storage.count)
      throw fail('size-mismatch', `the data ${quote(String(key))} should have ${storage.count} elements, it says ${count}`);
    storage.content = cursor.takeSource(storage.byteLength);
  }
  if (keys.length !== storages.entries.size) throw fail('truncated', `data of ${storages.entries.size - keys.length} tensors is missing`);
  if (cursor.remaining > 0) throw fail('trailing-bytes', `${cursor.remaining} bytes follow the last tensor`);
}
