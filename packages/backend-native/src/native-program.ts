import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Bindings, Chunks, LoadedProgram, Program } from '@tract/tensor';
import { kernelIndex } from './kernel-args.js';
import { sizeOf } from './size-of.js';

/** What a program needs of the backend. */
type Host = {
  floats(x: TensorInfo): Float32Array;
  usesFilters(params: Float32Array): void;
  replay(
    list: Float64Array,
    arenas: readonly TensorInfo[],
    spaces: readonly (Float32Array | undefined)[],
    chunks?: { readonly steps: Float64Array; readonly count: number },
  ): void;
};

// Operand codes of the addon's list beside the number of a space: in the arena, absent.
const [inArena, absent] = [-1, -2];
const paramSpace = 1;

/** A program as the addon's list: for each launch its kernel, its counts of operands and numbers; for each operand space - 1, offset, floats; the numbers. */
export class NativeProgram implements LoadedProgram {
  private readonly list: Float64Array;
  /** Where each launch begins in the list, and where the last one ends. */
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

  run(from: number, to: number, arena: TensorInfo, bindings: Bindings): void {
    this.backend.replay(this.list.subarray(this.starts[from], this.starts[to]), [arena], this.spacesOf(bindings));
  }

  runChunks(arenas: readonly TensorInfo[], bindings: Bindings, { chunks, rowed }: Chunks): void {
    const { spaces, forward } = this.program;
    const steps = Float64Array.from(bindings.slice(1), (_, i) => (rowed(i + 1) ? spaces[i + 1].floats : 0));
    this.backend.replay(this.list.subarray(0, this.starts[forward]), arenas, this.spacesOf(bindings), { steps, count: chunks });
  }

  /** Memory of the spaces after the arena. */
  private spacesOf(bindings: Bindings): (Float32Array | undefined)[] {
    const { backend } = this;
    const found: (Float32Array | undefined)[] = [];
    for (let space = 1; space < bindings.length; space++) {
      const bound = bindings[space];
      found.push(bound && backend.floats(bound));
    }
    backend.usesFilters(found[paramSpace - 1]!);
    return found;
  }
}
