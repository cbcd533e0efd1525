import type { KernelFunc, Tensor } from '@tensorflow/tfjs-core';
import { scope } from '../scope.js';
import { untracked } from '../tape.js';

/**
 * Make a kernel of a composition of operations: nothing is recorded while it runs (its own gradient belongs to the operation that
 * calls it), and what it makes on the way is freed. The composition must return fresh tensors.
 */
export function composed<I, A>(fn: (inputs: I, attributes: A) => Tensor | Tensor[]): KernelFunc {
  return ({ inputs, attrs }) => untracked(() => scope(() => fn(inputs as I, attrs as A)));
}
