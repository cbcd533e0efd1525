import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { vjp } from '../gradient.js';
import { randomNormals } from '../noise.js';
import { dispose } from '../scope.js';
import { memory, read, tensor } from '../tensor.js';
import { expectClose } from './closeness.js';
import { randomValues, type Values } from './random-values.js';
import { type Array64, dot } from './reference/array64.js';

/** One operation at one set of shapes, with its float64 reference. */
export type OperationCase = {
  readonly name: string;
  readonly inputs: readonly (readonly number[] | { readonly shape: readonly number[]; readonly values: Values })[];
  readonly operation: (xs: readonly Tensor[]) => Tensor;
  readonly reference: (xs: readonly Array64[]) => Array64;
  /** Largest error of the values, relative to the largest value; and of the slopes, see `checkSlopes`. */
  readonly tolerance: number;
  /** What causes the error that the tolerance allows. */
  readonly cause: string;
  /** False when only the values are to be checked. */
  readonly differentiable?: boolean;
};

// In units of the input's spread. Central differences of a float64 function: truncation about step², rounding about 1e-16/step.
const STEP = 1e-4;
const DIRECTIONS = 2;

/** Values, gradients of each input together and alone, and nothing left behind. */
export async function checkOperation(testCase: OperationCase): Promise<void> {
  const given = testCase.inputs.map((input, i) => ('shape' in input ? randomValues(i, input.shape, input.values) : randomValues(i, input)));
  const before = memory();
  const xs = given.map((x) => tensor(Float32Array.from(x.data), x.shape));
  await checkValues(testCase, given, xs);
  if (testCase.differentiable !== false) await checkSlopes(testCase, given, xs);
  dispose(xs);
  expect(memory(), 'live tensors after the operation').toEqual(before);
}

async function checkValues(
  { operation, reference, tolerance, cause }: OperationCase,
  given: readonly Array64[],
  xs: readonly Tensor[],
): Promise<void> {
  const expected = reference(given);
  const y = operation(xs);
  expect(y.shape).toEqual(expected.shape);
  expectClose(await read(y), expected.data, tolerance, cause);
  dispose(y);
}

/**
 * Gradients for a random dy. The slope <gradient, d> along each random direction d must match the central difference of the
 * reference to `tolerance` times the size of a typical slope, √(sum (gradient_i·d_i)²) + |slope|. One wrong element of n shows as 1/√n.
 */
async function checkSlopes(testCase: OperationCase, given: readonly Array64[], xs: readonly Tensor[]): Promise<void> {
  const { operation, tolerance, cause } = testCase;
  const weights = randomValues(99, testCase.reference(given).shape);
  const dy = tensor(Float32Array.from(weights.data), weights.shape);
  const { value, grads } = vjp((inputs: readonly Tensor[]) => operation(inputs), xs, dy);
  for (let i = 0; i < xs.length; i++) {
    const gradient = await read(grads[i]);
    expect(grads[i].shape).toEqual(xs[i].shape);
    for (let direction = 0; direction < DIRECTIONS; direction++) {
      const along = randomNormals({ seed: i, stream: 78, step: direction }, gradient.length);
      const expected = difference(testCase, given, i, along, weights);
      const slope = dot(gradient, along);
      const typical = Math.abs(expected) + Math.sqrt(gradient.reduce((total, g, j) => total + (g * along[j]) ** 2, 0));
      const error = Math.abs(slope - expected) / Math.max(typical, 1e-12);
      expect(error, `gradient of input ${i}: slope ${slope}, expected ${expected} (${cause})`).toBeLessThanOrEqual(tolerance);
    }
    if (xs.length > 1) await checkAlone(testCase, xs, i, dy, gradient);
  }
  dispose([value, grads, dy]);
}

function difference(
  { reference, inputs }: OperationCase,
  given: readonly Array64[],
  i: number,
  along: Float32Array,
  weights: Array64,
): number {
  const input = inputs[i];
  const unit = STEP * ('shape' in input ? (input.values.spread ?? 1) : 1);
  const shifted = (step: number): Array64[] =>
    given.map((x, k) => (k === i ? { shape: x.shape, data: x.data.map((v, j) => v + step * along[j]) } : x));
  return (dot(reference(shifted(unit)).data, weights.data) - dot(reference(shifted(-unit)).data, weights.data)) / (2 * unit);
}

/** The other inputs taken as constants, the gradient must stay the same: pruning must not prune too much. */
async function checkAlone(
  { operation }: OperationCase,
  xs: readonly Tensor[],
  i: number,
  dy: Tensor,
  expected: Float32Array,
): Promise<void> {
  const { value, grads } = vjp(({ x }: { x: Tensor }) => operation(xs.map((other, k) => (k === i ? x : other))), { x: xs[i] }, dy);
  expectClose(await read(grads.x), expected, 1e-6, 'the same computation, perhaps in another order');
  dispose([value, grads]);
}
