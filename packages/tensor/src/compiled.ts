import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';
import type { Layout } from './layout.js';
import { concat } from './ops/shape.js';
import { type ActiveStore, activeStore, storeOf } from './param-store.js';
import { arena, firstDifference, NotCompilable, type Program, printProgram } from './program.js';
import { type LoadedProgram, type ProgramBackend, programBackend } from './program-backend.js';
import { cutRows, rowsOf } from './row-chunks.js';
import { scope } from './scope.js';
import { activeTape, record } from './tape.js';
import { type CallShapes, type Pure, trace } from './trace.js';
import type { Tree } from './tree.js';

/** Options of `compiled`. */
export type CompileOptions = {
  /**
   * True if row i of the result depends on the rows i of the inputs alone. A large batch without gradients then runs in chunks that stay near the cache,
   * several at a time where the backend has threads. Default: false.
   */
  readonly byRow?: boolean;
};

/** Calls of one shape: run by a program, or operation by operation for a reason. */
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
  /** The shapes as text. */
  readonly key: string;
  readonly loaded?: LoadedProgram;
  /** True once a second trace gave the same program. */
  readonly checked: boolean;
};

type Call = { readonly params: unknown; readonly active: ActiveStore; readonly inputs: readonly Tensor[] };

// A run meets a handful of shapes. The oldest programs are dropped, so that a caller whose shapes never repeat does not collect them.
const most = 32;
// So many rows tell what workspace a row needs.
const probeRows = 8;

/**
 * Wrap a pure function so that a backend that can (native, WebAssembly, WebGPU) runs it as one program per combination of shapes: without the JavaScript between its
 * kernels, forward and backward. On other backends, and for parameters that are no store, it runs operation by operation. Bits are the same.
 *
 * `fn` must be pure: what it reads besides its arguments becomes part of the program. The second call of a shape compiles it again and compares; where the two
 * differ the function is run operation by operation from then on, and `calls` says why.
 */
export function compiled<P extends Tree<Tensor>>(fn: Pure<P>, { byRow = false }: CompileOptions = {}): Compiled<P> {
  const runner = new Runner(fn as Pure<unknown>, byRow);
  return Object.defineProperties((params: P, inputs: readonly Tensor[]) => runner.call(params, inputs), {
    calls: { get: () => runner.calls },
    toString: { value: () => runner.calls.map(printCall).join('\n\n') },
  }) as Compiled<P>;
}

const printCall = ({ inputs, gradients, program, reason }: CompiledCall): string =>
  `inputs ${inputs.map((shape) => `[${shape}]`).join(' ')}${gradients ? ', with gradients' : ''}\n${program ? printProgram(program) : `not compiled: ${reason}`}`;

class Runner {
  private readonly entries: Entry[] = [];
  /** Reason of the last call for which no program was looked for. */
  private refusal: string | undefined;

  constructor(
    private readonly fn: Pure<unknown>,
    private readonly byRow: boolean,
  ) {}

  get calls(): readonly CompiledCall[] {
    return this.refusal === undefined ? this.entries : [...this.entries, { inputs: [], reason: this.refusal }];
  }

  call(params: unknown, inputs: readonly Tensor[]): Tensor {
    const backend = programBackend();
    if (backend === undefined || !backend.canCompile || engine().state.profiling) return this.fn(params, inputs);
    const active = activeStore(params);
    const tape = activeTape();
    if (active !== undefined && (tape?.target?.params.store === active.store || !active.store.leaves.some((leaf) => tape?.tracks(leaf))))
      return this.byRow && tape === undefined ? this.runByRow({ params, active, inputs }) : this.run({ params, active, inputs });
    if (active !== undefined) this.refusal = 'gradients by the parameters are asked for otherwise than by valueAndGrad of their store';
    else this.refusal = storeOf(params) ? 'the parameters have left their store' : 'the parameters are no store; make one with copyTree';
    return this.fn(params, inputs);
  }

  private run(call: Call): Tensor {
    const { active, inputs } = call;
    const tape = activeTape();
    const wanted = { params: tape?.target?.params.store === active.store, inputs: inputs.map((input) => tape?.tracks(input) ?? false) };
    const gradients = wanted.params || wanted.inputs.includes(true) ? wanted : undefined;
    return this.runAs(this.entryFor(call, { inputs: inputs.map(({ shape }) => shape), gradients }), call);
  }

  private runAs(entry: Entry, call: Call): Tensor {
    return entry.loaded === undefined ? this.fn(call.params, call.inputs) : execute(entry, call);
  }

  /** Run a function of rows without a gradient: in chunks where they are many. */
  private runByRow(call: Call): Tensor {
    const { active, inputs } = call;
    if (active.backend.cacheFloats === Number.POSITIVE_INFINITY) return this.run(call);
    const rows = inputs[0].shape[0];
    const shapesOf = (count: number) => ({ inputs: inputs.map(({ shape }) => [count, ...shape.slice(1)]) });
    const probe = Math.min(rows, probeRows);
    const probed = this.entryFor(call, shapesOf(probe));
    const { program } = probed;
    const { chunk, concurrent } = cutRows(rows, {
      floats: (program?.spaces[arena].floats ?? 0) / Math.max(1, probe),
      parameters: active.store.layout.floats,
      cacheFloats: active.backend.cacheFloats,
      concurrency: active.backend.concurrency,
    });
    if (chunk === rows) return probe === rows ? this.runAs(probed, call) : this.run(call);
    return scope(() => {
      const chunks = concurrent > 1 ? Math.floor(rows / chunk) : 0;
      const results = chunks > 0 ? [execute(this.entryFor(call, shapesOf(chunk)), call, { chunks, concurrent })] : [];
      for (let done = chunks * chunk; done < rows; done += chunk)
        results.push(this.run({ ...call, inputs: rowsOf(inputs, done, Math.min(chunk, rows - done)) }));
      return results.length === 1 ? results[0] : concat(results, 0);
    });
  }

  private entryFor({ params, active: { backend, store } }: Call, shapes: CallShapes): Entry {
    const { entries } = this;
    const { layout } = store;
    const key = JSON.stringify(shapes);
    const at = entries.findIndex((entry) => entry.backend === backend && entry.layout === layout && entry.key === key);
    if (at >= 0 && entries[at].checked) return entries[at];
    const entry = { ...shapes, backend, layout, key, ...this.compile(backend, params, shapes) };
    if (at >= 0) {
      entries[at] = confirmed(entries[at], entry);
      return entries[at];
    }
    if (entries.length >= most) entries.shift();
    entries.push(entry);
    return entry;
  }

  private compile(backend: ProgramBackend, params: unknown, shapes: CallShapes): Pick<Entry, 'program' | 'loaded' | 'reason' | 'checked'> {
    try {
      const program = trace(backend, this.fn, params as Tree<Tensor>, shapes);
      return { program, loaded: backend.load(program), checked: false };
    } catch (error) {
      if (!(error instanceof NotCompilable)) throw error;
      return { reason: error.message, checked: true };
    }
  }
}

/** Return the entry after a second trace: without a program if the two disagree. */
function confirmed(first: Entry, second: Entry): Entry {
  const different = second.program && firstDifference(first.program!, second.program);
  if (different === undefined) return { ...second, checked: true };
  const reason = `the function is not pure: two calls differ, ${different}; pass what changes as an input`;
  return { ...second, program: undefined, loaded: undefined, reason, checked: true };
}

const asTensor = (info: TensorInfo): Tensor => engine().makeTensorFromTensorInfo(info);

/** Run the forward part, for so many chunks of rows, and with gradients record the reverse part as one node of the tape. */
function execute(entry: Entry, { active, inputs }: Call, { chunks, concurrent } = { chunks: 1, concurrent: 1 }): Tensor {
  const { backend, gradients } = entry;
  const [program, loaded] = [entry.program!, entry.loaded!];
  return scope(() => {
    const output = (shape: readonly number[]): Tensor => asTensor(backend.output(shape));
    const y = output(program.resultShape.map((length, axis) => (axis === 0 ? chunks * length : length)));
    const arenas = Array.from({ length: concurrent }, () => output([program.spaces[arena].floats]));
    const bound = [active.store.flat, ...inputs, y];
    loaded.run(0, program.forward, arenas, bound, chunks);
    if (gradients === undefined) return y;
    const leaves = active.store.leaves.filter((_, i) => program.finals[i] !== undefined);
    const wanted = inputs.filter((_, i) => gradients.inputs[i]);
    const { target } = activeTape()!;
    return record(y, [...leaves, ...wanted], [...inputs, y, ...arenas], (dy, _, completing) => {
      const ofInputs = wanted.map(({ shape }) => output(shape));
      const reverse = (flat?: TensorInfo, from = program.forward, to = program.launches.length): void =>
        loaded.run(from, to, arenas, [...bound, dy, flat, ...ofInputs]);
      if (gradients.params) target!.write(program.finals, completing, reverse);
      else reverse();
      return [...leaves.map(() => undefined), ...ofInputs];
    });
  });
}
