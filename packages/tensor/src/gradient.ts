import { engine, Tensor } from '@tract/tensor/core';
import { Cotangents } from './cotangents.js';
import type { GradientRange } from './gradient-buckets.js';
import { GradientTarget } from './gradient-target.js';
import { layoutOf } from './layout.js';
import { activeStore } from './param-store.js';
import { run } from './run.js';
import { dispose, scope } from './scope.js';
import { type Shape, sameShape, showShape } from './shape.js';
import { activeTape, type Sources, swapTape, Tape, type TapeNode } from './tape.js';
import { leafTensors, type Tree, withLeaves, zipTree } from './tree.js';

/** A value and the gradients of the parameters it was computed from, in the form of the parameters. The caller owns both. */
export type ValueAndGrads<P> = { readonly value: Tensor; readonly grads: P };

const filled = (shape: Shape, value: number): Tensor => run('Fill', {}, { shape, value, dtype: 'float32' });

/** A recorded forward pass: the tape, the tensor at its end, and a handle on that tensor for the caller. */
export type Forward = { readonly tape: Tape; readonly root: Tensor; readonly value: Tensor };

/** Run `fn` under a fresh tape. Everything made inside is freed but the value and what the tape holds. */
export function recordForward(fn: () => Tensor, sources: Sources): Forward {
  const tape = new Tape(sources, engine().state.nextScopeId);
  const e = engine();
  e.startScope();
  const before = swapTape(tape);
  const kept: Tensor[] = [];
  try {
    const root = fn();
    if (!(root instanceof Tensor)) throw new TypeError('vjp: the function must return one tensor, synchronously');
    if (!tape.tracks(root)) throw new Error('vjp: the value does not depend on any of the inputs, so it has no gradient');
    // The caller owns the value: it needs a handle of its own when the tape, or whoever made it, has one.
    const shared = !tape.made(root) || tape.holds(root) !== undefined;
    kept.push(shared ? run('Identity', { x: root }) : root);
    return { tape, root, value: kept[0] };
  } catch (error) {
    tape.releaseAll();
    throw error;
  } finally {
    swapTape(before);
    e.endScope(kept);
  }
}

/** Run the reverse step of one node: hand its gradient on to its inputs, then let go of all that only this node needed. */
function reverseNode(tape: Tape, node: TapeNode, cotangents: Cotangents, completing: readonly number[]): void {
  const dy = cotangents.take(node.output);
  if (dy !== undefined) {
    const needs = node.inputs.map((input) => tape.tracks(input));
    const grads = scope(() => node.backward(dy, needs, completing));
    const fresh = new Set<Tensor>();
    for (const grad of grads) if (grad !== undefined && grad !== dy) fresh.add(grad);
    for (const grad of fresh) cotangents.retain(grad);
    grads.forEach((grad, i) => {
      if (grad !== undefined && needs[i]) cotangents.add(node.inputs[i], grad);
    });
    for (const grad of fresh) cotangents.release(grad);
    cotangents.release(dy);
  }
  tape.release(node);
}

/** Return for each node the sources whose gradient is complete after its reverse step: no node before it has them as inputs. Under -1 those that none has. */
function completedAt({ nodes, sources }: Tape): ReadonlyMap<number, readonly number[]> {
  const firstUse = new Map<number, number>();
  for (let at = nodes.length - 1; at >= 0; at--) for (const { id } of nodes[at].inputs) firstUse.set(id, at);
  const completed = new Map<number, number[]>();
  for (const [i, { id }] of sources.entries()) {
    const at = firstUse.get(id) ?? -1;
    const others = completed.get(at);
    if (others === undefined) completed.set(at, [i]);
    else others.push(i);
  }
  return completed;
}

/**
 * Return the gradients of a recorded value by its sources as fresh tensors, added to `sums` where there are some; undefined for a source that the
 * value does not depend on. With a target they go there instead, each as soon as it is complete, zeros where there is none, and the list is empty.
 * What is made on the way belongs to the enclosing scope.
 */
export function reverse({ tape, root }: Forward, dy: Tensor, sums: readonly Tensor[] = []): readonly (Tensor | undefined)[] {
  const { sources, nodes, target } = tape;
  const before = swapTape(undefined);
  try {
    const cotangents = new Cotangents();
    for (const [i, sum] of sums.entries()) cotangents.add(sources[i], sum);
    cotangents.retain(dy); // Never released: dy belongs to the caller.
    cotangents.add(root, dy);
    const completed = target && completedAt(tape);
    const complete = (i: number): void => {
      const rest = cotangents.take(sources[i]);
      target!.complete(i, rest);
      if (rest !== undefined) cotangents.release(rest);
    };
    completed?.get(-1)?.forEach(complete);
    for (let at = nodes.length - 1; at >= 0; at--) {
      const done = completed?.get(at) ?? [];
      reverseNode(
        tape,
        nodes[at],
        cotangents,
        done.filter((i) => !cotangents.has(sources[i])),
      );
      done.forEach(complete);
    }
    return target ? [] : sources.map((source) => cotangents.extract(source));
  } finally {
    swapTape(before);
    tape.releaseAll();
  }
}

/** Return the value and the gradients of `fn`, of which the caller owns both. `seed` makes the gradient that the reverse pass begins with. */
function backpropagate(
  fn: () => Tensor,
  seed: (value: Tensor) => Tensor,
  sources: Sources,
  { sums, done }: { readonly sums?: readonly Tensor[]; readonly done?: (grads: readonly Tensor[]) => void } = {},
) {
  const { tensors, target } = sources;
  const forward = recordForward(fn, sources);
  const { value, tape } = forward;
  try {
    target?.open();
    const grads = scope(() => {
      const found = reverse(forward, seed(value), sums);
      if (target !== undefined) return target.finish();
      const whole = found.map((grad, i) => grad ?? filled(tensors[i].shape, 0));
      done?.(whole);
      return whole;
    });
    return { value, grads };
  } catch (error) {
    tape.releaseAll();
    target?.dispose();
    dispose(value);
    throw error;
  }
}

function matchingSum(input: Tensor, sum: Tensor, path: string): Tensor {
  if (sameShape(input.shape, sum.shape)) return sum;
  throw new RangeError(
    `valueAndGrad: addTo must have the shapes of the parameters, got ${showShape(sum.shape)} for '${path}' ${showShape(input.shape)}`,
  );
}

function checkNotNested(where: string): void {
  if (activeTape() !== undefined) {
    throw new Error(
      `${where}: cannot run inside a function that is being differentiated (there are no second derivatives); compute it outside`,
    );
  }
}

/** Options of whatever computes gradients, to hear of them while the rest is computed. */
export type GradientListener<P> = {
  /**
   * Called with each range of the gradients' buffer (`storeOf(grads).flat`) that will not be written again, in the order in which they become final; the ranges
   * cover the buffer once. It may read and change the gradients in that range alone: other machines' are summed here while the rest is computed. Where the
   * gradients are no store there is one range, of all of them, at the end. Default: none.
   */
  readonly onGradients?: (range: GradientRange, grads: P) => void;
  /** Size of the ranges of `onGradients` in bytes, at least, but for the last leaves. A range ends where a leaf does. Default: 25 MiB. */
  readonly bucketBytes?: number;
};

/** Options of `valueAndGrad`. */
export type GradientOptions<P> = GradientListener<P> & {
  /** Gradients of another loss, to which these are added leaf by leaf, so that a sum needs no second set. CONSUMED. */
  readonly addTo?: P;
  /** Gradients that have served: these are written over them where they are a store, else they are freed. CONSUMED. */
  readonly reuse?: P;
};

/**
 * Compute the value of a scalar loss and its gradients by all parameters. Exactly the value and the gradients stay alive: what the loss made
 * on the way is freed, at the latest when the reverse pass is done with it. Operations on tensors that do not descend from the
 * parameters (data, frozen networks) are not recorded and cost nothing in reverse. A parameter that the loss does not use gets zeros.
 *
 * The parameters themselves are only read. `scope` may be used inside the loss and is advised: it frees early what the reverse pass
 * does not need. By a store, the gradients are a store.
 * @throws RangeError when the loss is not a scalar, or `addTo` or `reuse` is not of the parameters' form; Error when the loss depends on no parameter, or
 * when called inside itself.
 */
export function valueAndGrad<P extends Tree<Tensor>>(
  loss: (params: P) => Tensor,
  params: P,
  { addTo, reuse, onGradients, bucketBytes = 25 * 2 ** 20 }: GradientOptions<P> = {},
): ValueAndGrads<P> {
  checkNotNested('valueAndGrad');
  if (!(bucketBytes > 0)) throw new RangeError(`valueAndGrad: bucketBytes must be above 0, got ${bucketBytes}`);
  const seed = (value: Tensor): Tensor => {
    if (value.size !== 1)
      throw new RangeError(`valueAndGrad: the loss must be a scalar, got shape ${showShape(value.shape)}; take a sum or a mean`);
    return filled(value.shape, 1);
  };
  const run = () => loss(params);
  const active = activeStore(params);
  const into = addTo ?? reuse;
  const given = into && activeStore(into);
  if (active !== undefined && (into === undefined || given !== undefined)) {
    if (given !== undefined && given.store.layout !== active.store.layout)
      throw new RangeError('valueAndGrad: addTo and reuse must have the form of the parameters, got a store of another layout');
    if (addTo !== undefined) dispose(reuse);
    const target = new GradientTarget({ ...active, tree: params }, into, addTo !== undefined, onGradients, bucketBytes);
    const { value, grads } = backpropagate(run, seed, { tensors: active.store.leaves, target });
    return { value, grads: grads as P };
  }
  dispose(reuse);
  const sums = addTo && leafTensors(zipTree(params, addTo, matchingSum));
  const done =
    onGradients &&
    ((found: readonly Tensor[]) => onGradients({ offset: 0, length: layoutOf(params).floats }, withLeaves(params, found) as P));
  const { value, grads } = backpropagate(run, seed, { tensors: active?.store.leaves ?? leafTensors(params) }, { sums, done });
  return { value, grads: withLeaves(params, grads as Tensor[]) as P };
}

/**
 * Return gradients that have served, for the `reuse` of the next `valueAndGrad`, if they are a store. Else free them: another backend has no use for them,
 * and needs their memory.
 */
export function reusable<P extends Tree<Tensor>>(grads: P): P | undefined {
  if (activeStore(grads) !== undefined) return grads;
  dispose(grads);
  return undefined;
}

/**
 * Vector-Jacobian product: value of `fn` and, for each input, the gradient of sum(dy * value). `dy` has the value's shape and stays
 * the caller's. Otherwise as `valueAndGrad`.
 */
export function vjp<P extends Tree<Tensor>>(fn: (inputs: P) => Tensor, inputs: P, dy: Tensor): ValueAndGrads<P> {
  checkNotNested('vjp');
  return innerVjp(fn, inputs, dy);
}

/** Compute `vjp` inside a kernel, where an outer recording may be under way and takes no notice of it. */
export function innerVjp<P extends Tree<Tensor>>(fn: (inputs: P) => Tensor, inputs: P, dy: Tensor): ValueAndGrads<P> {
  const seed = (value: Tensor): Tensor => {
    if (sameShape(value.shape, dy.shape)) return dy;
    throw new RangeError(`vjp: dy must have the value's shape ${showShape(value.shape)}, got ${showShape(dy.shape)}`);
  };
  const { value, grads } = backpropagate(() => fn(inputs), seed, { tensors: leafTensors(inputs) });
  return { value, grads: withLeaves(inputs, grads as Tensor[]) as P };
}
