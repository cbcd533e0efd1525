import type { ByteSource } from './byte-source.js';
import type { Fail } from './checkpoint-error.js';
import { PickleMachine, type PickleOptions } from './pickle-machine.js';
import { pickleOpcodes, STOP } from './pickle-opcodes.js';
import type { PickleValue } from './pickle-values.js';

export type ReadPickle = {
  readonly value: PickleValue;
  /** The byte behind the pickle's last. */
  readonly end: number;
};

/**
 * Read one Python pickle (protocols 0 to 5) that begins at byte `start`, as data. Nothing of it is run: a global is looked up in
 * `options.globals` and means a function of ours, or is refused, or passed over.
 * @throws CheckpointError that names the byte and the opcode; of kind 'forbidden' for a global that is not on the list.
 */
export function readPickle(bytes: Uint8Array | ByteSource, start: number, options: PickleOptions, fail: Fail): ReadPickle {
  const machine = new PickleMachine(bytes, start, options, fail);
  for (;;) {
    machine.opcodeAt = machine.cursor.at;
    machine.opcode = 'opcode';
    const code = machine.cursor.uint8();
    const opcode = pickleOpcodes[code];
    if (opcode === undefined) throw machine.fail('invalid-content', `0x${code.toString(16).padStart(2, '0')} is no opcode that we read`);
    machine.opcode = opcode.name;
    options.budget.step(machine.fail);
    opcode.run(machine);
    if (code === STOP) return { value: machine.pop(), end: machine.cursor.at };
  }
}
