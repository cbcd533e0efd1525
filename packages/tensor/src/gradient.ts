import { engine, Tensor } from '@tensorflow/tfjs-core';
import { Cotangents } from './cotangents.js';
import { run } from './run.js';
import { dispose, scope } from './scope.js';
import { type Shape, sameShape, showShape } from './shape.js';
import { activeTape, swapTape, Tape, type TapeNode } from './tape.js';
import { leafTensors, listOf, type Tree, withLeaves, zipTree } from './tree.js';

/** A value and the gradients of the parameters it was computed from, in the form of the parameters. The caller owns both. */
export type ValueAndGrads<P> = { readonly value: Tensor; readonly grads: P };

const filled = (shape: Shape, value: number): Tensor => run('Fill', {}, { shape, value, dtype: 'float32' });

/** What a recorded forward pass leaves: the tape, the tensor at its end, and a handle on that tensor for the caller. */
export type Forward = { readonly tape: Tape; readonly root: Tensor; readonly value: Tensor };

/** What a gradient is asked by, and the tensors that are consumed for it: those it is added to, those that it may be written over. */
type Start = { readonly sources: readonly Tensor[]; readonly sums?: readonly Tensor[]; readonly spare?: readonly Tensor[] };

/** Runs `fn` under a fresh tape. Everything made inside is freed but the value and what the tape holds. */
export function recordForward(fn: () => Tensor, { sources, spare }: Start): Forward {
  const tape = new Tape(sources, engine().state.nextScopeId, spare);
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

/** The reverse step of one node: hands its gradient on to its inputs, then lets go of all that only this node needed. */
function reverseNode(tape: Tape, node: TapeNode, cotangents: Cotangents): void {
  const dy = cotangents.take(node.output);
  if (dy !== undefined) {
    const needs = tape.wanted(node.inputs);
    const grads = scope(() => node.backward(dy, needs));
    if (grads !== tape.together) {
      const fresh = new Set<Tensor>();
      for (const grad of grads) if (grad !== undefined && grad !== dy) fresh.add(grad);
      for (const grad of fresh) cotangents.retain(grad);
      grads.forEach((grad, i) => {
        if (grad !== undefined && needs[i]) cotangents.add(node.inputs[i], grad);
      });
      for (const grad of fresh) cotangents.release(grad);
    }
    cotangents.release(dy);
  }
  tape.release(node);
}

/**
 * The gradients of a recorded value by its sources, added to `sums` where there are some. Fresh tensors, or the tape's spare ones. What is made on the way
 * belongs to the enclosing scope.
 */
export function reverse({ tape, root }: Forward, dy: Tensor, sums: readonly Tensor[] = []): readonly Tensor[] {
  const { sources } = tape;
  const before = swapTape(undefined);
  try {
    const cotangents = new Cotangents();
    for (const [i, sum] of sums.entries()) cotangents.add(sources[i], sum);
    cotangents.retain(dy); // Never released: dy belongs to the caller.
    cotangents.add(root, dy);
    for (let i = tape.nodes.length - 1; i >= 0; i--) reverseNode(tape, tape.nodes[i], cotangents);
    const { together } = tape;
    if (together !== undefined && cotangents.size === 0) return together;
    return sources.map((source, i) => {
      const own = together?.[i];
      if (own !== undefined) {
        cotangents.retain(own);
        cotangents.add(source, own);
        cotangents.release(own);
      }
      return cotangents.extract(source) ?? filled(source.shape, 0);
    });
  } finally {
    swapTape(before);
    tape.releaseAll();
  }
}

/** The value and the gradients of `fn` by `tape.sources`, of which the caller owns both. `seed` makes the gradient that the reverse pass begins with. */
function backpropagate(fn: () => Tensor, seed: (value: Tensor) => Tensor, start: Start) {
  const forward = recordForward(fn, start);
  const { value, tape } = forward;
  try {
    return { value, grads: scope(() => reverse(forward, seed(value), start.sums)), tape };
  } catch (error) {
    tape.releaseAll();
    dispose([value, tape.together]);
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

/**
 * Value of a scalar loss and its gradients by all parameters. Exactly the value and the gradients stay alive: what the loss made
 * on the way is freed, at the latest when the reverse pass is done with it. Operations on tensors that do not descend from the
 * parameters (data, frozen networks) are not recorded and cost nothing in reverse. A parameter that the loss does not use gets zeros.
 *
 * The parameters themselves are only read. `scope` may be used inside the loss and is advised: it frees early what the reverse pass
 * does not need.
 * The tree of the parameters is frozen: what it is made of is found out once.
 * @param into gradients by the same parameters that `spare` kept, for these to be written over. CONSUMED: they become the result or are freed.
 * @param addTo gradients of another loss, to which these are added leaf by leaf, so that a sum needs no second set. CONSUMED: its tensors are freed.
 * @throws RangeError when the loss is not a scalar or `addTo` is not of the parameters' form; Error when the loss depends on no parameter, or when called
 * inside itself.
 */
export function valueAndGrad<P extends Tree<Tensor>>(
  loss: (params: P) => Tensor,
  params: P,
  { addTo, into }: { readonly addTo?: P; readonly into?: P } = {},
): ValueAndGrads<P> {
  checkNotNested('valueAndGrad');
  const sources = listOf(params);
  const sums = addTo && leafTensors(zipTree(params, addTo, matchingSum));
  const spare = into !== undefined && addTo === undefined && rewritable.get(into) === sources ? listOf(into) : undefined;
  if (spare === undefined) dispose(into);
  const seed = (value: Tensor): Tensor => {
    if (value.size !== 1)
      throw new RangeError(`valueAndGrad: the loss must be a scalar, got shape ${showShape(value.shape)}; take a sum or a mean`);
    return filled(value.shape, 1);
  };
  const { value, grads, tape } = backpropagate(() => loss(params), seed, { sources, sums, spare });
  if (into !== undefined && grads === spare) return { value, grads: into };
  const tree = withLeaves(params, grads);
  if (grads === tape.together) rewritable.set(tree, sources);
  return { value, grads: tree };
}

// Gradients that a backend made together, with the parameters they are by: it can write the next ones over them.
const rewritable = new WeakMap<object, readonly Tensor[]>();

/**
 * What becomes of gradients that have served: they are kept for the `into` of the next `valueAndGrad`, if the backend will write over them, else freed.
 * CONSUMES them.
 */
export function spare<P extends Tree<Tensor>>(grads: P): P | undefined {
  if (rewritable.has(grads)) return grads;
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

/** `vjp` for use inside kernels, where an outer recording may be under way and takes no notice of it. */
export function innerVjp<P extends Tree<Tensor>>(fn: (inputs: P) => Tensor, inputs: P, dy: Tensor): ValueAndGrads<P> {
  const seed = (value: Tensor): Tensor => {
    if (sameShape(value.shape, dy.shape)) return dy;
    throw new RangeError(`vjp: dy must have the value's shape ${showShape(value.shape)}, got ${showShape(dy.shape)}`);
  };
  const { value, grads } = backpropagate(() => fn(inputs), seed, { sources: leafTensors(inputs) });
  return { value, grads: withLeaves(inputs, grads) };
}
