import { failWith } from './checkpoint-error.js';
import { requireLittleEndian } from './named-array.js';
import type { PlainContent } from './plain-value.js';
import { ReadBudget } from './read-budget.js';
import { torchGlobals } from './torch-globals.js';
import { isTorchLegacy, readTorchLegacy } from './torch-legacy.js';
import { copyAllowance } from './torch-tensor.js';
import { plainContent } from './torch-value.js';
import { readTorchZip } from './torch-zip.js';

/**
 * Reads a file of `torch.save` (.pt, .pth, .ckpt) in its zip or its older form, without running anything: tensors, parameters and plain
 * containers are data, every other class or function is refused.
 *
 * `tensors` are named by their dotted path, so a state dict gives its own names and a trainer's dict of state dicts `model.…`, `ema.…`;
 * views with any offset and strides come out in row-major order. `value` is all the file held, numbers and texts included. Arrays are
 * views of `bytes` where order and alignment allow it (so leave `bytes` alone afterwards), else copies, in all at most twice the file.
 * @throws CheckpointError; of kind 'forbidden' for a pickle that asks for anything to be run.
 */
export function readTorch(bytes: Uint8Array, options: { readonly source?: string } = {}): PlainContent {
  const fail = failWith(options.source ?? 'torch');
  requireLittleEndian(fail);
  const budget = new ReadBudget();
  const value = isTorchLegacy(bytes)
    ? readTorchLegacy(bytes, torchGlobals, budget, fail)
    : readTorchZip(requireZip(bytes, fail), budget, fail);
  return plainContent(value, copyAllowance(bytes.length), budget, fail);
}

function requireZip(bytes: Uint8Array, fail: ReturnType<typeof failWith>): Uint8Array {
  if (bytes.length < 4) throw fail('truncated', `a file of torch.save has more than ${bytes.length} bytes; was it copied whole?`);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (isZip) return bytes;
  const hint = bytes[0] === 0x80 ? '; it is another kind of pickle, perhaps one of EDM' : '';
  throw fail('invalid-header', `not a file of torch.save${hint}`);
}
