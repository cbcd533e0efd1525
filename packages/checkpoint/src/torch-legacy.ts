import { ByteCursor } from './byte-cursor.js';
import { type Fail, quote } from './checkpoint-error.js';
import { readPickle } from './pickle-read.js';
import { isDict, type PickleGlobals, type PickleValue } from './pickle-values.js';
import type { ReadBudget } from './read-budget.js';
import { StorageTable, storageReference } from './torch-globals.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** How each such file begins: protocol 2, an integer of 10 bytes. */
const START = Uint8Array.of(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e);

export const isTorchLegacy = (bytes: Uint8Array): boolean => START.every((byte, i) => bytes[i] === byte);

const none: PickleGlobals = new Map();

/**
 * Reads the form of `torch.save` before version 1.6: five pickles (magic number, version, machine, value, keys of the storages), then
 * for each key the number of elements in 8 bytes and the elements. Also the form of each tensor inside an ordinary pickle.
 */
export function readTorchLegacy(bytes: Uint8Array, globals: PickleGlobals, budget: ReadBudget, fail: Fail): PickleValue {
  let at = 0;
  const storages = new StorageTable();
  const next = (allowed: PickleGlobals, persistent?: (id: PickleValue, fail: Fail) => PickleValue): PickleValue => {
    const { value, end } = readPickle(bytes, at, { globals: allowed, persistent, budget }, fail);
    at = end;
    return value;
  };
  if (next(none) !== MAGIC) throw fail('invalid-header', 'not a file of torch.save: it does not begin with its magic number');
  const version = next(none);
  if (version !== VERSION) throw fail('unsupported', `version ${String(version)} of the torch format, we read ${VERSION}`);
  const machine = next(none);
  if (!isDict(machine) || machine.get('little_endian') !== true)
    throw fail('unsupported', 'its data is not little-endian; save it again on a little-endian machine');
  const value = next(globals, (id, failHere) => storages.refer(storageReference(id, failHere), failHere));
  const keys = next(none);
  fillStorages(new ByteCursor(bytes, fail, true, at), keys, storages, fail);
  return value;
}

/** The data of the storages, in the order of their keys, to the end of the file. */
function fillStorages(cursor: ByteCursor, keys: PickleValue, storages: StorageTable, fail: Fail): void {
  if (!Array.isArray(keys)) throw fail('invalid-content', 'the keys of the storages must be a list');
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.entries.get(key) : undefined;
    if (!storage) throw fail('invalid-content', 'the file holds data that no tensor refers to');
    if (storage.bytes) throw fail('duplicate-name', `the data ${quote(String(key))} occurs twice`);
    const count = cursor.length64();
    if (count !== storage.count)
      throw fail('size-mismatch', `the data ${quote(String(key))} should have ${storage.count} elements, it says ${count}`);
    storage.bytes = cursor.take(storage.byteLength);
  }
  if (keys.length !== storages.entries.size) throw fail('truncated', `data of ${storages.entries.size - keys.length} tensors is missing`);
  if (cursor.remaining > 0) throw fail('trailing-bytes', `${cursor.remaining} bytes follow the last tensor`);
}
