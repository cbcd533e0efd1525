import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Bindings, type LoadedProgram, type Program, paramSpace } from '@tract/tensor';
import { kernelIndex } from './kernel-args.js';
import { sizeOf } from './size-of.js';

/** The backend as a program sees it. */
type Host = {
  floats(x: TensorInfo): Float32Array;
  usesFilters(params: TensorInfo): void;
  replay(
    list: Float64Array,
    arenas: readonly TensorInfo[],
    spaces: readonly (Float32Array | undefined)[],
    steps: Float64Array | undefined,
    chunks: number,
  ): void;
};

// Operand codes of the addon's list beside the number of a space: in the arena, absent.
const [inArena, absent] = [-1, -2];

/** A program as the addon's list: for each launch its kernel, its counts of operands and numbers; for each operand space - 1, offset, floats; the numbers. */
export class NativeProgram implements LoadedProgram {
  private readonly list: Float64Array;
  /** Beginning of each launch in the list, and the end of the last. */
  private readonly starts: readonly number[];

  constructor(
    private readonly backend: Host,
    private readonly program: Program,
  ) {
    const list: number[] = [];
    const starts: number[] = [];
    for (const { kernel, operands, numbers } of program.launches) {
      starts.push(list.length);
      list.push(kernelIndex(kernel), operands.length, numbers.length);
      for (const operand of operands) {
        if (operand === undefined) {
          list.push(absent, 0, 0);
          continue;
        }
        const { space, offset, shape } = program.values[operand];
        list.push(space === 0 ? inArena : space - 1, offset, sizeOf(shape));
      }
      list.push(...numbers);
    }
    starts.push(list.length);
    this.list = Float64Array.from(list);
    this.starts = starts;
  }

  run(from: number, to: number, arenas: readonly TensorInfo[], bindings: Bindings, chunks = 1): void {
    const { backend, program, list, starts } = this;
    const memory = bindings.map((bound) => bound && backend.floats(bound));
    backend.usesFilters(bindings[paramSpace - 1]!);
    const stepOf = (space: number): number => (space === paramSpace ? 0 : program.spaces[space].floats);
    const steps = chunks > 1 ? Float64Array.from(bindings, (_, i) => stepOf(i + 1)) : undefined;
    backend.replay(list.subarray(starts[from], starts[to]), arenas, memory, steps, chunks);
  }
}
