import { engine, Tensor } from '@tensorflow/tfjs-core';
import { Cotangents } from './cotangents.js';
import { run } from './run.js';
import { scope } from './scope.js';
import { type Shape, sameShape, showShape } from './shape.js';
import { activeTape, currentScopeId, swapTape, Tape, type TapeNode } from './tape.js';
import { leaves, type Tree, treeFromLeaves } from './tree.js';

/** A value and the gradients of the parameters it was computed from, in the form of the parameters. The caller owns both. */
export type ValueAndGrads<P> = { readonly value: Tensor; readonly grads: P };

const filled = (shape: Shape, value: number): Tensor => run('Fill', {}, { shape, value, dtype: 'float32' });

/** Runs `fn` under a fresh tape. Everything made inside is freed but the value and what the tape holds. */
function recordForward<P>(fn: (inputs: P) => Tensor, inputs: P, sources: readonly Tensor[]): { tape: Tape; value: Tensor } {
  const e = engine();
  e.startScope();
  const tape = new Tape(sources, currentScopeId());
  const before = swapTape(tape);
  let kept: Tensor[] = [];
  try {
    const result = fn(inputs);
    if (!(result instanceof Tensor)) throw new TypeError('vjp: the function must return one tensor, synchronously');
    swapTape(undefined);
    // The caller owns the value, so it must be a handle of its own when the tape or somebody else has one.
    const value = tape.made(result) && tape.holds(result) === undefined ? result : run('Identity', { x: result });
    if (value !== result && tape.tracks(result)) tape.alias(value, result);
    kept = [value];
    return { tape, value };
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
    const needs = node.inputs.map((input) => tape.tracks(input));
    const grads = scope(() => node.backward(dy, needs));
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

function reverse(tape: Tape, value: Tensor, dy: Tensor, sources: readonly Tensor[]): Tensor[] {
  return scope(() => {
    const cotangents = new Cotangents();
    cotangents.retain(dy); // Never let go: dy belongs to the caller.
    cotangents.add(value, dy);
    for (let i = tape.nodes.length - 1; i >= 0; i--) reverseNode(tape, tape.nodes[i], cotangents);
    return sources.map((source) => cotangents.extract(source) ?? filled(source.shape, 0));
  });
}
