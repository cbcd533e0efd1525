import { engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { type Forward, recordForward, reverse } from './gradient.js';
import { concat } from './ops/shape.js';
import { cutRows, rowsOf } from './row-pieces.js';
import { scope } from './scope.js';
import { sameShape } from './shape.js';
import { activeTape, record, untracked } from './tape.js';
import { leavesLike, listOf, mapTree, type Tree } from './tree.js';

/**
 * What a backend offers that can write down which kernels it was asked for, and run them again from that list (on a graphics card this is known as
 * capturing a graph). A capture has one part, or two when a forward and a reverse pass share what lies between them.
 */
export type CapturingBackend = {
  /** False while kernels must be asked for one by one: during a capture, or when somebody watches them. */
  readonly capturable: boolean;
  /** How many runs of what was captured go side by side, each in a room of its own, without being in each other's way. */
  readonly sideBySide: number;
  capture(): Capture;
};

export type Capture = {
  /** The kernels from here on are the next part. Of the tensors that exist it may read those given now or before, or made by the part before. */
  begin(inputs: readonly TensorInfo[]): void;
  /** Ends the part, whose results these are. */
  end(outputs: readonly TensorInfo[]): void;
  /** What was captured, when all parts are; undefined if it cannot be repeated, or is not worth it. */
  finish(): CapturedKernels | undefined;
  /** Nothing is to come of it. May be called at any time, after `finish` too. */
  abandon(): void;
};

/** What a list captured for some rows runs on, piece by piece. */
export type Pieces = {
  /** The inputs that are the same for all pieces. */
  readonly shared: readonly TensorInfo[];
  /** The inputs after them, whose rows the pieces divide among them; what is left over stays. */
  readonly rowed: readonly TensorInfo[];
  /** Of a piece. */
  readonly rows: number;
  readonly pieces: number;
};

export type CapturedKernels = {
  /** Size in floats of the memory for what the kernels hand each other, from the first part to the last. */
  readonly floats: number;
  room(): TensorInfo;
  /**
   * Runs a part. `given`: the inputs and results of the parts so far, in order, in lists; one that is frozen may come again. Returns its results:
   * `into`, if that may be written over, else fresh tensors.
   */
  run(part: number, room: TensorInfo, given: readonly (readonly TensorInfo[])[], into?: readonly TensorInfo[]): readonly TensorInfo[];
  /** Runs the only part, of a function of rows, for each piece of some rows, as many at a time as there are rooms. The results have the rows of all pieces. */
  runPieces(rooms: readonly TensorInfo[], pieces: Pieces): readonly TensorInfo[];
};

type Pure<P> = (params: P, inputs: readonly Tensor[]) => Tensor;

export type CaptureOptions = {
  /**
   * Whether row i of the result depends on the rows i of the inputs alone: a large batch without gradients then runs in pieces that stay near the cache, several
   * side by side where the backend has threads. False by default.
   */
  readonly byRow?: boolean;
};

// Shapes and trackings that one function is captured for, of which a run has a handful. Where they never repeat, capturing would be in vain.
const most = 32;
// Gradients lie beside the room; kernels that run one by one put them where activations were. A room above the first size, whose kernels take far
// longer than the JavaScript between them, must be so many times theirs.
const largeRoom = 2 ** 26;
const roomByGradients = 8;
// So many rows tell what room a row needs.
const fewRows = 8;

/**
 * The same function, which a backend that can do so runs as a list of kernels from the second call with tensors of the same shapes on: without
 * the JavaScript between them, which takes longer than many a kernel when a batch is small. Results have the same bits, and so have gradients by tensors
 * that `fn` alone uses.
 *
 * `fn` must be pure, and its tensors all that its result depends on: a number that it reads elsewhere would stay as it was in the first call.
 * The tree of the parameters is frozen: what it is made of is found out once.
 */
export function captured<P extends Tree<Tensor>>(fn: Pure<P>, { byRow = false }: CaptureOptions = {}): Pure<P> {
  const captures = new WeakMap<object, Captures<P>>();
  return (params, inputs) => {
    const { backend, state } = engine();
    if (!(canCapture(backend) && backend.capturable) || state.profiling) return fn(params, inputs);
    const known = captures.get(backend) ?? new Captures(backend, fn, params);
    captures.set(backend, known);
    const leaves = known.leavesOf(params);
    if (leaves === undefined) return fn(params, inputs);
    const given = { params, leaves, inputs };
    return byRow && activeTape() === undefined ? known.runByRow(given) : known.run(given);
  };
}

/** What a call is given: the parameters as a list that is one and the same for one tree, and the inputs. */
type Given<P> = { readonly params: P; readonly leaves: readonly Tensor[]; readonly inputs: readonly Tensor[] };

type Shaped = { readonly shape: readonly number[] };

/** Tensors of these shapes, some of them tracked; no kernels where they cannot be captured, or not to advantage. */
type Known = {
  readonly shapes: readonly (readonly number[])[];
  readonly tracked: readonly boolean[];
  readonly kernels?: CapturedKernels;
  /** Lists of parameters whose shapes were found to be these. */
  readonly lists: WeakSet<readonly Tensor[]>;
};

/** What one backend knows of one function. */
class Captures<P extends Tree<Tensor>> {
  private readonly known: Known[] = [];
  /** By the inputs' shapes without their first axis. */
  private readonly roomsOfRows = new Map<string, number>();
  /** Of the parameters in the first call: the place in the tree tells which is which, in whatever order it was written. */
  private readonly form: unknown;
  private readonly lists = new WeakMap<object, { readonly leaves?: readonly Tensor[] }>();

  constructor(
    private readonly backend: CapturingBackend,
    private readonly fn: Pure<P>,
    params: P,
  ) {
    this.form = mapTree(params, () => 0);
  }

  /** Undefined where the form is another than that of the first call. */
  leavesOf(params: P): readonly Tensor[] | undefined {
    const known = this.lists.get(params);
    if (known !== undefined) return known.leaves;
    const own = listOf(params);
    const ordered = leavesLike(this.form, params);
    const leaves = ordered?.every((leaf, i) => leaf === own[i]) ? own : ordered && Object.freeze(ordered);
    this.lists.set(params, { leaves });
    return leaves;
  }

  run(given: Given<P>): Tensor {
    const { backend, known, fn } = this;
    const { params, leaves, inputs } = given;
    const tape = activeTape();
    const wanted = (tensors: readonly Tensor[]): boolean[] => tape?.wanted(tensors) ?? tensors.map(() => false);
    const tracked = [...wanted(leaves), ...wanted(inputs)];
    const call = known.find((other) => matches(other, leaves, inputs, tracked));
    if (call?.kernels !== undefined) return replay(call.kernels, given, tracked);
    if (call !== undefined || known.length >= most) return fn(params, inputs);
    const sources = [...leaves, ...inputs];
    const learn = (kernels: CapturedKernels | undefined): void => {
      const shapes = sources.map(({ shape }) => shape);
      const gradients = sources.reduce((floats, { size }, i) => floats + (tracked[i] ? size : 0), 0);
      const worth = kernels && (kernels.floats <= largeRoom || kernels.floats >= roomByGradients * gradients);
      known.push({ shapes, tracked, kernels: worth ? kernels : undefined, lists: new WeakSet([leaves]) });
    };
    const work = () => fn(params, inputs);
    return tracked.includes(true)
      ? captureBothWays(backend.capture(), work, { sources, tracked, learn })
      : captureForward(backend.capture(), work, { sources, learn });
  }

  /** `run` without a gradient for a function of rows: in pieces where they are many, side by side where that pays. */
  runByRow(given: Given<P>): Tensor {
    const { leaves, inputs } = given;
    const rows = inputs[0].shape[0];
    const floats = this.roomOfRow(given);
    if (floats === undefined) return this.run(given);
    const { piece, beside } = cutRows(rows, { floats, parameters: sizeOfAll(leaves), sideBySide: this.backend.sideBySide });
    if (piece === rows) return this.run(given);
    return scope(() => {
      const kernels = beside > 1 ? this.knownFor(given, piece)?.kernels : undefined;
      const results: Tensor[] = [];
      let done = 0;
      if (kernels !== undefined) {
        const pieces = Math.floor(rows / piece);
        const rooms = Array.from({ length: beside }, () => asTensor(kernels.room()));
        results.push(asTensor(kernels.runPieces(rooms, { shared: leaves, rowed: inputs, rows: piece, pieces })[0]));
        done = pieces * piece;
      }
      for (; done < rows; done += piece) {
        results.push(this.run({ ...given, inputs: rowsOf(inputs, done, Math.min(piece, rows - done)) }));
      }
      return results.length === 1 ? results[0] : concat(results, 0);
    });
  }

  /** The floats of the room that a row needs: 0 where there are no kernels, undefined before the first run of a few rows. */
  private roomOfRow(given: Given<P>): number | undefined {
    const { inputs } = given;
    const key = inputs.map(({ shape }) => shape.slice(1).join('x')).join(' ');
    const found = this.roomsOfRows.get(key);
    if (found !== undefined) return found;
    const rows = inputs[0].shape[0];
    const few = Math.min(rows, fewRows);
    if (few < rows) scope(() => void this.run({ ...given, inputs: rowsOf(inputs, 0, few) }));
    const call = this.knownFor(given, few);
    if (call === undefined && few === rows) return undefined;
    const floats = (call?.kernels?.floats ?? 0) / Math.max(1, few);
    this.roomsOfRows.set(key, floats);
    return floats;
  }

  /** What is known of a call without a gradient that has so many rows. */
  private knownFor({ leaves, inputs }: Given<P>, rows: number): Known | undefined {
    const untracked = new Array<boolean>(leaves.length + inputs.length).fill(false);
    const shaped = inputs.map(({ shape }) => ({ shape: [rows, ...shape.slice(1)] }));
    return this.known.find((other) => matches(other, leaves, shaped, untracked));
  }
}

const sizeOfAll = (tensors: readonly Tensor[]): number => tensors.reduce((floats, { size }) => floats + size, 0);

const canCapture = (backend: unknown): backend is CapturingBackend & object =>
  typeof (backend as Partial<CapturingBackend>)?.capture === 'function';

function matches(known: Known, leaves: readonly Tensor[], inputs: readonly Shaped[], trackedNow: readonly boolean[]): boolean {
  const { shapes, tracked, lists } = known;
  const fits = (source: Shaped, i: number): boolean => sameShape(source.shape, shapes[i]);
  if (shapes.length !== trackedNow.length || !inputs.every((input, i) => fits(input, leaves.length + i))) return false;
  if (tracked.some((is, i) => is !== trackedNow[i])) return false;
  if (!lists.has(leaves)) {
    if (!leaves.every(fits)) return false;
    lists.add(leaves);
  }
  return true;
}

const asTensor = (info: TensorInfo): Tensor => engine().makeTensorFromTensorInfo(info);

/** Those of the values that belong to tracked sources, in the places of all. */
function spread<T>(tracked: readonly boolean[], values: readonly T[]): (T | undefined)[] {
  let next = 0;
  return tracked.map((is) => (is ? values[next++] : undefined));
}

function replay(
  kernels: CapturedKernels,
  { leaves, inputs }: Pick<Given<unknown>, 'leaves' | 'inputs'>,
  tracked: readonly boolean[],
): Tensor {
  return scope(() => {
    const room = asTensor(kernels.room());
    const y = asTensor(kernels.run(0, room, [leaves, inputs])[0]);
    if (!tracked.includes(true)) return y;
    const gradients = (dy: Tensor, into?: readonly Tensor[]): readonly Tensor[] => {
      const grads = kernels.run(1, room, [leaves, inputs, [y, dy]], into);
      return grads === into ? into : grads.map(asTensor);
    };
    const tape = activeTape()!;
    if (tape.sources === leaves && tracked.lastIndexOf(true) < leaves.length) {
      const together = (dy: Tensor) => (tape.together ? gradients(dy) : tape.takeTogether(gradients(dy, tape.spare)));
      return record(y, leaves, [...inputs, y, room], together); // the tape's sources need not be held
    }
    const sources = [...leaves, ...inputs];
    return record(y, sources, [...sources, y, room], (dy) => spread(tracked, gradients(dy)));
  });
}

type Call = { readonly sources: readonly Tensor[]; readonly learn: (kernels: CapturedKernels | undefined) => void };

function captureForward(capture: Capture, work: () => Tensor, { sources, learn }: Call): Tensor {
  try {
    capture.begin(sources);
    const y = untracked(() => scope(work));
    capture.end([y]);
    learn(capture.finish());
    return y;
  } finally {
    capture.abandon();
  }
}

/** The forward pass goes onto a tape of its own, so that its reverse is captured as a whole, when that of the tape around it comes to it. */
function captureBothWays(
  capture: Capture,
  work: () => Tensor,
  { sources, tracked, learn }: Call & { readonly tracked: readonly boolean[] },
): Tensor {
  const differentiated = sources.filter((_, i) => tracked[i]);
  let forward: Forward;
  try {
    capture.begin(sources);
    forward = recordForward(work, { sources: differentiated });
    capture.end([forward.value]);
  } catch (error) {
    capture.abandon();
    throw error;
  }
  const backward = (dy: Tensor) => {
    capture.begin([dy]);
    const grads = reverse(forward, dy);
    capture.end(grads);
    learn(capture.finish());
    return spread(tracked, grads);
  };
  const release = () => {
    forward.tape.releaseAll();
    capture.abandon();
  };
  return record(forward.value, sources, sources, backward, release);
}
