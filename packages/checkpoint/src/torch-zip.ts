import { type ByteSource, readSmall } from './byte-source.js';
import { type Fail, quote } from './checkpoint-error.js';
import { readPickle } from './pickle-read.js';
import { PickleUnknown, type PickleValue } from './pickle-values.js';
import type { ReadBudget } from './read-budget.js';
import { StorageTable, storageReference, torchGlobals } from './torch-globals.js';
import { readStoredZip } from './zip-read.js';

/** Longest pickle beside the tensors; that of ten thousand takes 2 MB. */
const MAX_PICKLE = 2 ** 26;

/** Read the zip form of `torch.save`: NAME/data.pkl, and the data of each storage as NAME/data/KEY. The tensors' data stays in the file. */
export function readTorchZip(file: ByteSource, budget: ReadBudget, fail: Fail): PickleValue {
  let folder = '';
  const files = readStoredZip(file, fail, (names) => {
    folder = archiveFolder(names, fail);
  });
  checkByteOrder(files.get(`${folder}/byteorder`), fail);
  const storages = new StorageTable();
  const persistent = (id: PickleValue, failHere: Fail): PickleValue => {
    const reference = storageReference(id, failHere);
    if (reference instanceof PickleUnknown) return reference;
    const storage = storages.refer(reference, failHere);
    storage.content ??= files.get(`${folder}/data/${reference.key}`);
    if (!storage.content) throw failHere('truncated', `the data ${quote(reference.key)} is not in the file`);
    if (storage.content.size !== storage.byteLength)
      throw failHere(
        'size-mismatch',
        `the data ${quote(reference.key)} should have ${storage.byteLength} bytes, it has ${storage.content.size}`,
      );
    return storage;
  };
  const pickle = readSmall(files.get(`${folder}/data.pkl`)!, MAX_PICKLE, `${folder}/data.pkl`, fail);
  const inside: Fail = (kind, message, cause) => fail(kind, `${folder}/data.pkl, ${message}`, cause);
  const { value, end } = readPickle(pickle, 0, { globals: torchGlobals, persistent, budget, keepUnknown: true }, inside);
  if (end !== pickle.length) throw inside('trailing-bytes', `${pickle.length - end} bytes follow the pickle`);
  return value;
}

/** @throws CheckpointError for an archive of something else, before any of its entries is looked at: programs are compressed in part */
function archiveFolder(names: readonly string[], fail: Fail): string {
  const folders = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name)).map((name) => name.slice(0, -'/data.pkl'.length));
  if (folders.length !== 1)
    throw fail(
      'unsupported',
      `expected one NAME/data.pkl, as torch.save writes it, found ${folders.length === 0 ? 'none' : folders.length}`,
    );
  if (names.includes(`${folders[0]}/constants.pkl`))
    throw fail(
      'unsupported',
      "a TorchScript program, which would have to be run; save its weights with torch.save(torch.jit.load(FILE).state_dict(), 'weights.pt')",
    );
  return folders[0];
}

/** Files before torch 2.1 do not say; they are little-endian. */
function checkByteOrder(order: ByteSource | undefined, fail: Fail): void {
  if (order && new TextDecoder().decode(readSmall(order, 16, 'the byte order', fail)) !== 'little')
    throw fail('unsupported', 'its data is big-endian; save it again on a little-endian machine');
}
