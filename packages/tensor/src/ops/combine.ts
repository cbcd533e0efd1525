import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { sameShape, showShape } from '../shape.js';
import { activeTape, record } from '../tape.js';

/** A coefficient, one for the whole tensor or one per sample (index of the first axis), and the tensor. */
export type Term = readonly [coefficient: number | readonly number[], tensor: Tensor];

function coefficientsOf([coefficient, x]: Term, shape: readonly number[]): readonly number[] {
  if (!sameShape(x.shape, shape))
    throw new RangeError(`combine: all tensors must have one shape, got ${showShape(shape)} and ${showShape(x.shape)}`);
  if (typeof coefficient === 'number') return [coefficient];
  if (coefficient.length !== shape[0]) {
    throw new RangeError(`combine: expected one coefficient, or one for each of the ${shape[0]} samples, got ${coefficient.length}`);
  }
  return coefficient;
}

/**
 * Linear combination: y[b] = sum_i c_i[b]·x_i[b] over tensors of one shape [N,...].
 * @throws RangeError when there is no term, or shapes or numbers of coefficients differ.
 */
export function combine(terms: readonly Term[]): Tensor {
  if (terms.length === 0) throw new RangeError('combine: needs at least one term');
  const xs = terms.map(([, x]) => x);
  const coefficients = terms.map((term) => coefficientsOf(term, xs[0].shape));
  const y = run('TractCombine', xs, { coefficients });
  const tape = activeTape();
  if (tape === undefined || !xs.some((x) => tape.tracks(x))) return y;
  return record(y, xs, [], (dy, needs) =>
    coefficients.map((c, i) => {
      if (!needs[i]) return undefined;
      return c.length === 1 && c[0] === 1 ? dy : run('TractCombine', [dy], { coefficients: [c] });
    }),
  );
}
