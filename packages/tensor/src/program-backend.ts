import type { TensorInfo } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';
import type { KernelTraits } from './launch-list.js';
import type { Layout } from './layout.js';
import type { Program, ProgramBuilder } from './program.js';
import type { Shape } from './shape.js';

/** Contract of a backend that keeps a tree of parameters in one buffer and runs programs. Backends without it are used operation by operation. */
export type ProgramBackend = StoreBackend & {
  /** False while a function is being traced, and while somebody observes kernels one by one. */
  readonly canCompile: boolean;
  /** Threads that can each run a program in an arena of its own. */
  readonly concurrency: number;
  /** Floats of the last cache that the cores share, about; infinite where a batch is best run whole. */
  readonly cacheFloats: number;
  /** What programs may do with this backend's kernels to save memory. Default: nothing. */
  readonly kernelTraits?: KernelTraits;
  /** Run `work` with launches going to the builder instead of to kernels. */
  trace<R>(builder: ProgramBuilder, work: () => R): R;
  /** Make a tensor that stands for a value of the program being traced. */
  symbol(value: number, shape: Shape): TensorInfo;
  /** Return the value that a traced tensor stands for. @throws NotCompilable for a tensor with memory. */
  tracedValue(x: TensorInfo): number;
  load(program: Program): LoadedProgram;
};

/** A program in the form in which its backend executes it. */
export type LoadedProgram = {
  /**
   * Run launches [from, to). `bindings`: memory of the spaces after the arena; a store by its `flat`. More than one of `chunks`: that often, run i on rows
   * [i·rows, (i+1)·rows) of every bound space but the parameters. An arena serves one run at a time.
   */
  run(from: number, to: number, arenas: readonly TensorInfo[], bindings: Bindings, chunks?: number): void;
};

export type Bindings = readonly (TensorInfo | undefined)[];

/** Contract of a backend that keeps the leaves of a tree together. */
export type StoreBackend = {
  /** Make a tensor of undefined content, of which the caller writes every element. */
  output(shape: Shape): TensorInfo;
  /** Make the leaves of a store, zeros; `flat` stands for all of them, in this contract, in bindings and for `TractAdam`, and lives as long as they all do. */
  allocateStore(layout: Layout): { readonly flat: TensorInfo; readonly leaves: readonly TensorInfo[] };
  /** True while all leaves of a store are alive and lie here. */
  isStore(flat: TensorInfo): boolean;
  /** True if nothing but a store's leaves shares its memory, so that it may be overwritten. */
  isExclusive(flat: TensorInfo): boolean;
  /** Announce that a tensor's memory is about to be overwritten. */
  willOverwrite(x: TensorInfo): void;
  /** Write a tensor over another of its size, or add it to that. */
  copyInto(to: TensorInfo, from: TensorInfo): void;
  addInto(to: TensorInfo, from: TensorInfo): void;
  /** The live values of a tensor, where they lie in the processor's memory. */
  floats?(x: TensorInfo): Float32Array;
  /** Fill a tensor with zeros. */
  clear(x: TensorInfo): void;
};

/** The active backend, if it runs programs. */
export function programBackend(): ProgramBackend | undefined {
  const e = engine();
  const backend = e.backendName == null ? undefined : (e.backend as unknown as Partial<ProgramBackend>);
  return typeof backend?.load === 'function' ? (backend as ProgramBackend) : undefined;
}
