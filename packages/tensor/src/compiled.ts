import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Layout } from './layout.js';
import { concat } from './ops/shape.js';
import { type ActiveStore, activeStore, storeOf } from './param-store.js';
import { firstDifference, NotCompilable, type Program, printProgram } from './program.js';
import { type LoadedProgram, type ProgramBackend, programBackend } from './program-backend.js';
import { cutRows, rowsOf } from './row-chunks.js';
import { scope } from './scope.js';
import { sameShape } from './shape.js';
import { activeTape, record, type Tape } from './tape.js';
import { type CallShapes, type Pure, spaces, type Traced, trace } from './trace.js';
import type { Tree } from './tree.js';

/** Options of `compiled`. */
export type CompileOptions = {
  /**
   * True if row i of the result depends on the rows i of the inputs alone. A large batch without gradients then runs in chunks that stay near the cache,
   * several at a time where the backend has threads. Default: false.
   */
  readonly byRow?: boolean;
};

/** How calls of one shape are run: by a program, or operation by operation for a reason. */
export type CompiledCall = CallShapes & { readonly program?: Program; readonly reason?: string };

/** A pure function and what its calls were compiled to so far. */
export type Compiled<P> = Pure<P> & {
  readonly calls: readonly CompiledCall[];
  /** Return the calls as text: shapes, then the program or the reason why there is none. */
  toString(): string;
};

type Entry = CompiledCall & {
  readonly backend: ProgramBackend;
  readonly layout: Layout;
  readonly traced?: Traced;
  readonly loaded?: LoadedProgram;
  /** True once a second trace gave the same program. */
  checked: boolean;
};

type Call = { readonly params: unknown; readonly active: ActiveStore; readonly inputs: readonly Tensor[] };

// A run meets a handful of shapes. The oldest programs are dropped, so that a caller whose shapes never repeat does not collect them.
const most = 32;
// So many rows tell what workspace a row needs.
const probeRows = 8;

/**
 * Wrap a pure function so that a backend that can, the native one, runs it as one program per combination of shapes: without the JavaScript between its
 * kernels, forward and backward. On other backends, and for parameters that are no store, it runs operation by operation. Bits are the same.
 *
 * `fn` must be pure: what it reads besides its arguments becomes part of the program. The second call of a shape compiles it again and compares; where the two
 * differ the function is run operation by operation from then on, and `calls` says why.
 */
export function compiled<P extends Tree<Tensor>>(fn: Pure<P>, { byRow = false }: CompileOptions = {}): Compiled<P> {
  const runner = new Runner(fn as Pure<unknown>);
  const call = (params: P, inputs: readonly Tensor[]): Tensor => {
    const backend = programBackend();
    if (backend === undefined || !backend.canCompile || engine().state.profiling) return fn(params, inputs);
    const active = activeStore(params);
    if (active === undefined) {
      runner.noStore = storeOf(params) ? 'the parameters have left their store' : 'the parameters are no store; make one with copyTree';
      return fn(params, inputs);
    }
    return byRow && activeTape() === undefined ? runner.runByRow({ params, active, inputs }) : runner.run({ params, active, inputs });
  };
  return Object.defineProperties(call, {
    calls: { get: () => runner.calls },
    toString: { value: () => runner.calls.map(printCall).join('\n\n') },
  }) as Compiled<P>;
}

const printCall = ({ inputs, gradients, program, reason }: CompiledCall): string =>
  `inputs ${inputs.map((shape) => `[${shape}]`).join(' ')}${gradients ? ', with gradients' : ''}\n${program ? printProgram(program) : `not compiled: ${reason}`}`;

class Runner {
  private readonly entries: Entry[] = [];
  noStore: string | undefined;

  constructor(private readonly fn: Pure<unknown>) {}

  get calls(): readonly CompiledCall[] {
    return this.noStore === undefined ? this.entries : [...this.entries, { inputs: [], reason: this.noStore }];
  }

  run(call: Call): Tensor {
    const tape = activeTape();
    const gradients = tape && wantedBy(tape, call);
    const entry = this.entryFor(call, { inputs: call.inputs.map(({ shape }) => shape), gradients });
    if (entry.loaded === undefined) return this.fn(call.params, call.inputs);
    return gradients ? runWithGradients(entry, call, tape) : runForward(entry, call);
  }

  /** Run a function of rows without a gradient: in chunks where they are many. */
  runByRow(call: Call): Tensor {
    const { active, inputs } = call;
    const rows = inputs[0].shape[0];
    const shapesOf = (count: number) => ({ inputs: inputs.map(({ shape }) => [count, ...shape.slice(1)]) });
    const probe = Math.min(rows, probeRows);
    const { program } = this.entryFor(call, shapesOf(probe));
    const { chunk, concurrent } = cutRows(rows, {
      floats: (program?.spaces[0].floats ?? 0) / Math.max(1, probe),
      parameters: active.store.layout.floats,
      cacheFloats: active.backend.cacheFloats,
      concurrency: active.backend.concurrency,
    });
    if (chunk === rows) return this.run(call);
    return scope(() => {
      const results: Tensor[] = [];
      let done = 0;
      if (concurrent > 1) {
        const chunks = Math.floor(rows / chunk);
        results.push(runChunks(this.entryFor(call, shapesOf(chunk)), call, { chunks, chunk, concurrent }));
        done = chunks * chunk;
      }
      for (; done < rows; done += chunk) {
        results.push(this.run({ ...call, inputs: rowsOf(inputs, done, Math.min(chunk, rows - done)) }));
      }
      return results.length === 1 ? results[0] : concat(results, 0);
    });
  }

  private entryFor({ params, active: { backend, store } }: Call, shapes: CallShapes): Entry {
    const { entries } = this;
    const at = entries.findIndex((entry) => entry.backend === backend && entry.layout === store.layout && sameCall(entry, shapes));
    if (at >= 0 && entries[at].checked) return entries[at];
    const entry = compileEntry(this.fn, { backend, layout: store.layout, params, shapes });
    if (at >= 0) {
      entries[at] = confirmed(entries[at], entry);
      return entries[at];
    }
    if (entries.length >= most) entries.shift();
    entries.push(entry);
    return entry;
  }
}

function wantedBy(tape: Tape, { active: { store }, inputs }: Call): CallShapes['gradients'] {
  const params = tape.sources === store.leaves || store.leaves.some((leaf) => tape.tracks(leaf));
  const wanted = inputs.map((input) => tape.tracks(input));
  return params || wanted.includes(true) ? { params, inputs: wanted } : undefined;
}

function sameCall(a: CallShapes, b: CallShapes): boolean {
  if (a.inputs.length !== b.inputs.length || !a.inputs.every((shape, i) => sameShape(shape, b.inputs[i]))) return false;
  if (a.gradients === undefined || b.gradients === undefined) return a.gradients === b.gradients;
  const { params, inputs } = b.gradients;
  return a.gradients.params === params && a.gradients.inputs.every((is, i) => is === inputs[i]);
}

function compileEntry(
  fn: Pure<unknown>,
  { backend, layout, params, shapes }: { backend: ProgramBackend; layout: Layout; params: unknown; shapes: CallShapes },
): Entry {
  const common = { ...shapes, backend, layout };
  try {
    const traced = trace(backend, fn, params as Tree<Tensor>, shapes);
    return { ...common, traced, program: traced.program, loaded: backend.load(traced.program), checked: false };
  } catch (error) {
    if (!(error instanceof NotCompilable)) throw error;
    return { ...common, reason: error.message, checked: true };
  }
}

/** The entry of a second trace, if the two agree. */
function confirmed(first: Entry, second: Entry): Entry {
  const different = first.program && second.program && firstDifference(first.program, second.program);
  if (different === undefined) return { ...first, checked: true };
  const kernel = first.program!.launches[different]?.kernel ?? 'the end';
  const reason = `the function is not pure: two calls differ at launch ${different}, ${kernel}; pass what changes as an input`;
  return { ...first, program: undefined, loaded: undefined, reason, checked: true };
}

const asTensor = (info: TensorInfo): Tensor => engine().makeTensorFromTensorInfo(info);

const newArena = (backend: ProgramBackend, program: Program): Tensor => asTensor(backend.output([program.spaces[0].floats]));

function runForward({ program, loaded, traced, backend }: Entry, { active: { store }, inputs }: Call): Tensor {
  return scope(() => {
    const y = asTensor(backend.output(traced!.resultShape));
    loaded!.run(0, program!.forward, newArena(backend, program!), [undefined, store.flat, y, ...inputs]);
    return y;
  });
}

type ChunkCounts = { readonly chunks: number; readonly chunk: number; readonly concurrent: number };

function runChunks({ program, loaded, traced, backend }: Entry, { active: { store }, inputs }: Call, counts: ChunkCounts): Tensor {
  const { chunks, chunk, concurrent } = counts;
  return scope(() => {
    const y = asTensor(backend.output([chunk * chunks, ...traced!.resultShape.slice(1)]));
    const arenas = Array.from({ length: concurrent }, () => newArena(backend, program!));
    loaded!.runChunks(arenas, [undefined, store.flat, y, ...inputs], { chunks, rowed: (space) => space !== spaces.params });
    return y;
  });
}

/** Run the forward part, and record the reverse part as one node of the tape. */
function runWithGradients(entry: Entry, { active: { store }, inputs }: Call, tape: Tape): Tensor {
  const { backend, loaded, traced, gradients } = entry;
  const program = entry.program!;
  return scope(() => {
    const y = asTensor(backend.output(traced!.resultShape));
    const arena = newArena(backend, program);
    const forward = [undefined, store.flat, y, ...inputs];
    loaded!.run(0, program.forward, arena, forward);
    const differentiated = inputs.filter((_, i) => gradients!.inputs[i]);
    const saved = [...inputs, y, arena];
    const reverseInto = (dy: Tensor, paramGrads: TensorInfo | undefined): Tensor[] => {
      const ofInputs = inputs.map(({ shape }, i) => (gradients!.inputs[i] ? asTensor(backend.output(shape)) : undefined));
      loaded!.run(program.forward, program.launches.length, arena, [...forward, dy, paramGrads, ...ofInputs]);
      return ofInputs.filter((grad) => grad !== undefined);
    };
    if (!gradients!.params) return record(y, differentiated, saved, (dy) => reverseInto(dy, undefined));
    const { target } = tape;
    if (target?.params.store === store) {
      return record(y, differentiated, saved, (dy) => {
        let ofInputs: Tensor[] = [];
        target.write(traced!.writes, (flat) => {
          ofInputs = reverseInto(dy, flat);
        });
        return ofInputs;
      });
    }
    return record(y, [...store.leaves, ...differentiated], saved, (dy) => {
      const { flat, leaves } = backend.allocateStore(store.layout);
      const ofParams = leaves.map(asTensor);
      const ofInputs = reverseInto(dy, flat);
      return [...ofParams.map((grad, i) => (traced!.writes[i] ? grad : undefined)), ...ofInputs];
    });
  });
}
