import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from '@tract/tensor/core';
import type { GradientTarget } from './gradient-target.js';

/**
 * Gradients of one operation with respect to its inputs.
 * `needs[i]` says whether input i wants one; entries that are not wanted may be left undefined.
 * `completing`: the tape's sources by index of which this is the last gradient, for an operation that writes to the tape's target.
 * Returns fresh tensors, or `dy` itself where the gradient is dy.
 */
export type Backward = (dy: Tensor, needs: readonly boolean[], completing: readonly number[]) => readonly (Tensor | undefined)[];

/** One recorded operation. `backward` may read the values of `saved` tensors only (the shapes of all). */
export type TapeNode = {
  readonly output: Tensor;
  readonly inputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
  readonly backward: Backward;
};

/** A tensor that was made during the recording and is held by the tape. */
type Hold = { tensor: Tensor; count: number; keptByUser: boolean };

/** The tensors to differentiate by. */
export type Sources = {
  readonly tensors: readonly Tensor[];
  /** Store that their gradients go to, if the tensors are the leaves of a store. */
  readonly target?: GradientTarget;
};

/**
 * Operations on tracked tensors, in order. The tape owns the saved tensors that were made while it recorded: scopes do
 * not free them, the reverse pass does, each as soon as the last node that needs it is done. Tensors made before the recording
 * belong to the caller and are left alone.
 */
export class Tape {
  readonly nodes: TapeNode[] = [];
  readonly sources: readonly Tensor[];
  readonly target: GradientTarget | undefined;
  readonly #sourceIds: ReadonlySet<number>;
  readonly #outputIds = new Set<number>();
  readonly #holds = new Map<number, Hold>();
  readonly #firstScope: number;

  /** @throws RangeError when one tensor is two sources. */
  constructor({ tensors, target }: Sources, firstScope: number) {
    this.#firstScope = firstScope;
    this.#sourceIds = new Set(tensors.map(({ id }) => id));
    if (this.#sourceIds.size !== tensors.length)
      throw new RangeError('vjp: one tensor stands in two places of the inputs; differentiate by it once');
    this.sources = tensors;
    this.target = target;
  }

  tracks(tensor: Tensor): boolean {
    return this.#outputIds.has(tensor.id) || this.#sourceIds.has(tensor.id);
  }

  /** Return true if the tensor was made while this tape recorded. */
  made(tensor: Tensor): boolean {
    return tensor.scopeId >= this.#firstScope;
  }

  push(node: TapeNode): void {
    this.nodes.push(node);
    this.#outputIds.add(node.output.id);
    for (const tensor of node.saved) this.#hold(tensor);
  }

  #hold(tensor: Tensor): void {
    if (!this.made(tensor)) return;
    const hold = this.#holds.get(tensor.id);
    if (hold !== undefined) {
      hold.count++;
      return;
    }
    this.#holds.set(tensor.id, { tensor, count: 1, keptByUser: tensor.kept });
    tensor.kept = true;
  }

  holds(tensor: Tensor): Hold | undefined {
    return this.#holds.get(tensor.id);
  }

  /** End a node: free what only it needed. */
  release(node: TapeNode): void {
    for (const tensor of node.saved) {
      const hold = this.#holds.get(tensor.id);
      if (hold === undefined || --hold.count > 0) continue;
      this.#holds.delete(tensor.id);
      if (!hold.keptByUser) tensor.dispose();
    }
  }

  /** Free everything held: what is left after the reverse pass, or all of a recording that was broken off. */
  releaseAll(): void {
    for (const { tensor, keptByUser } of this.#holds.values()) if (!keptByUser) tensor.dispose();
    this.#holds.clear();
  }
}

let recording: Tape | undefined;

/** Return the tape that records now, if any. */
export const activeTape = (): Tape | undefined => recording;

/** Make `tape` the recording one (or none) and return the one before, to be put back. */
export function swapTape(tape: Tape | undefined): Tape | undefined {
  const before = recording;
  recording = tape;
  return before;
}

/** Return true if an operation on these inputs must be recorded; false at the cost of one comparison when nothing records. */
export function isTracked(a: Tensor, b?: Tensor, c?: Tensor, d?: Tensor): boolean {
  if (recording === undefined) return false;
  return (
    recording.tracks(a) ||
    (b !== undefined && recording.tracks(b)) ||
    (c !== undefined && recording.tracks(c)) ||
    (d !== undefined && recording.tracks(d))
  );
}

/** Record an operation. Call only when `isTracked` said so. Returns the output. */
export function record(output: Tensor, inputs: readonly Tensor[], saved: readonly Tensor[], backward: Backward): Tensor {
  recording!.push({ output, inputs, saved, backward });
  return output;
}

/** Run `fn` without recording, as the inside of a kernel must. */
export function untracked<R>(fn: () => R): R {
  const before = swapTape(undefined);
  try {
    return fn();
  } finally {
    swapTape(before);
  }
}

/** Take note that the user keeps a tensor: the tape will not free it. */
export function retainByUser(tensor: Tensor): void {
  const hold = recording?.holds(tensor);
  if (hold !== undefined) hold.keptByUser = true;
}

/** Take note that the user frees a tensor. Return true if the tape still needs it and will free it in time. */
export function releaseByUser(tensor: Tensor): boolean {
  const hold = recording?.holds(tensor);
  if (hold === undefined) return false;
  hold.keptByUser = false;
  return true;
}

/** Return the id of the scope that was opened last: tensors made from now on carry this one or a later one. */
export const currentScopeId = (): number => engine().state.activeScope.id;
