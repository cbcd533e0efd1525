import type { Fail } from './checkpoint-error.js';

/** Largest memory of values read from a file beyond the bytes of the file, estimated as they are made and never given back. */
const MAX_MEMORY = 32 * 2 ** 20;
/** Operations on one file; a state dict of ten thousand tensors takes half of them. */
const MAX_STEPS = 1_000_000;

/** Bytes that a value takes here, rounded up; a file of one-byte opcodes would else make values a hundred times its size. */
export const cost = {
  slot: 16,
  number: 16,
  view: 256,
  object: 64,
  list: 64,
  map: 256,
  entry: 112,
  text: (bytes: number): number => 32 + 2 * bytes,
  items: (count: number): number => 64 + 16 * count,
} as const;

/** Work and memory that one file may still take. One budget serves everything that is nested in a file. */
export class ReadBudget {
  readonly #memoryLimit: number;
  #memory: number;
  #steps = MAX_STEPS;

  constructor(memoryLimit = MAX_MEMORY) {
    this.#memoryLimit = memoryLimit;
    this.#memory = memoryLimit;
  }

  /** Count one operation. @throws CheckpointError of kind 'too-large' */
  step(fail: Fail): void {
    if (--this.#steps < 0) throw fail('too-large', `more than ${MAX_STEPS} operations; is this a checkpoint?`);
  }

  /** Count values of about `bytes`. @throws CheckpointError of kind 'too-large' */
  spend(bytes: number, fail: Fail): void {
    this.#memory -= bytes;
    if (this.#memory < 0)
      throw fail('too-large', `its values, tensors aside, take more than ${this.#memoryLimit} bytes; is this a checkpoint?`);
  }
}
