import { type ByteSource, sourceOf } from './byte-source.js';
import { type Fail, failWith } from './checkpoint-error.js';
import { requireLittleEndian } from './named-array.js';
import { readPickle } from './pickle-read.js';
import { bytesOf, isDict, PickleCallable, type PickleContext, type PickleGlobals, type PickleValue } from './pickle-values.js';
import type { PlainContent } from './plain-value.js';
import { ReadBudget } from './read-budget.js';
import { makeDict, storageGlobals, torchGlobals } from './torch-globals.js';
import { readTorchLegacy } from './torch-legacy.js';
import { copyAllowance, TorchStorage } from './torch-tensor.js';
import { plainContent, TorchInstance } from './torch-value.js';

/**
 * An object that carries the source text of its class. The text is not looked at, not run and not kept: what remains are the name of
 * the class and the state.
 */
function persistentObject([meta]: readonly PickleValue[], { fail }: PickleContext): PickleValue {
  const className = isDict(meta) ? meta.get('class_name') : undefined;
  const state = isDict(meta) ? meta.get('state') : undefined;
  if (!isDict(meta) || meta.get('type') !== 'class' || typeof className !== 'string' || !isDict(state))
    throw fail('invalid-content', 'a persistent object must be a dict of type, class_name and state');
  const instance = new TorchInstance(className);
  instance.state = state;
  return instance;
}

/** Make the tensor of a plain pickle, whose storage is a file of its own, in torch's older form, as bytes. */
function loadFromBytes([bytes]: readonly PickleValue[], { fail, budget }: PickleContext): PickleValue {
  const content = bytesOf(bytes);
  if (!content) throw fail('invalid-content', 'the data of a tensor must be bytes');
  const inside: Fail = (kind, message, cause) => fail(kind, `in the data of a tensor: ${message}`, cause);
  const storage = readTorchLegacy(content, { globals: storageGlobals, budget }, inside);
  if (!(storage instanceof TorchStorage)) throw inside('invalid-content', 'expected one storage');
  return storage;
}

const containers = ['ModuleDict', 'ModuleList', 'Sequential'];

/** torch's own containers of modules, of which only the state counts. */
const containerGlobal = (name: string): [string, PickleValue] => [
  `torch.nn.modules.container ${name}`,
  new PickleCallable(`torch.nn.${name}`, 'class', () => new TorchInstance(name)),
];

const edmGlobals: PickleGlobals = new Map<string, PickleValue>([
  ...torchGlobals,
  ...containers.map(containerGlobal),
  ['torch.storage _load_from_bytes', new PickleCallable('torch.storage._load_from_bytes', 'function', loadFromBytes)],
  ['torch_utils.persistence _reconstruct_persistent_obj', new PickleCallable('_reconstruct_persistent_obj', 'function', persistentObject)],
  ['dnnlib.util EasyDict', new PickleCallable('dnnlib.EasyDict', 'class', makeDict)],
]);

/**
 * Read a network pickle of EDM (.pkl): a dict of `ema` (the network) and what it was trained with. Networks are given as `readTorch`
 * gives modules: tensors by the names of `state_dict()` behind `ema.`, and in `value` the names of classes, the arguments they were
 * made with and their attributes. The source text that such files carry is never run, nor kept.
 * @throws CheckpointError; of kind 'forbidden' for a pickle that asks for anything else.
 */
export function readEdm(input: Uint8Array | ByteSource, options: { readonly source?: string } = {}): PlainContent {
  const fail = failWith(options.source ?? 'edm');
  requireLittleEndian(fail);
  const file = sourceOf(input);
  if (file.size === 0 || file.read(0, 1)[0] !== 0x80)
    throw fail('invalid-header', 'not a pickle of protocol 2 or later, as EDM writes its networks');
  const budget = new ReadBudget();
  const { value, end } = readPickle(file, 0, { globals: edmGlobals, budget }, fail);
  if (end !== file.size) throw fail('trailing-bytes', `${file.size - end} bytes follow the pickle`);
  return plainContent(value, copyAllowance(file.size), budget, fail);
}
