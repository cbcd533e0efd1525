import { type ByteSource, sourceOf } from './byte-source.js';
import { type Fail, failWith } from './checkpoint-error.js';
import { requireLittleEndian } from './named-array.js';
import type { PlainContent } from './plain-value.js';
import { ReadBudget } from './read-budget.js';
import { TEXT_SAMPLE_BYTES, textContent } from './text-content.js';
import { torchGlobals } from './torch-globals.js';
import { isTorchLegacy, readTorchLegacy } from './torch-legacy.js';
import { copyAllowance } from './torch-tensor.js';
import { plainContent } from './torch-value.js';
import { readTorchZip } from './torch-zip.js';

/**
 * Read a file of `torch.save` (.pt, .pth, .ckpt) in its zip or its older form, without running anything: tensors, parameters and plain
 * containers are data; anything of another class or function is passed over and listed in `passedOver`.
 *
 * `tensors` are named by their dotted path, so a state dict gives its own names and a trainer's dict of state dicts `model.…`, `ema.…`;
 * views with any offset and strides come out in row-major order. `value` is all the file held, numbers and texts included. Arrays are
 * views of bytes in memory where order and alignment allow it (so leave them alone afterwards), else copies, in all at most twice the file; those
 * of another source are read when their `data` is asked for.
 * @throws CheckpointError
 */
export function readTorch(input: Uint8Array | ByteSource, options: { readonly source?: string } = {}): PlainContent {
  const fail = failWith(options.source ?? 'torch');
  requireLittleEndian(fail);
  const file = sourceOf(input);
  const budget = new ReadBudget();
  const start = file.read(0, Math.min(file.size, TEXT_SAMPLE_BYTES));
  const isLegacy = isTorchLegacy(start);
  if (!isLegacy) requireZip(start, fail);
  const value = isLegacy
    ? readTorchLegacy(file, { globals: torchGlobals, budget, keepUnknown: true }, fail)
    : readTorchZip(file, budget, fail);
  return plainContent(value, copyAllowance(file.size), budget, fail);
}

function requireZip(start: Uint8Array, fail: Fail): void {
  if (start.length < 4) throw fail('truncated', `a file of torch.save has more than ${start.length} bytes; was it copied whole?`);
  if (start[0] === 0x50 && start[1] === 0x4b) return;
  const text = textContent(start);
  if (text !== undefined) throw fail('invalid-header', `it is ${text}`);
  const hint = start[0] === 0x80 ? '; it is another kind of pickle, perhaps one of EDM' : '';
  throw fail('invalid-header', `not a file of torch.save${hint}`);
}
