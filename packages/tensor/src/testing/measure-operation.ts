import type { Tensor } from '@tensorflow/tfjs-core';
import { vjp } from '../gradient.js';
import { randomNormals } from '../noise.js';
import { dispose } from '../scope.js';
import { read, tensor } from '../tensor.js';
import type { OperationCase } from './operation-case.js';
import { randomValues } from './random-values.js';
import { type Array64, dot } from './reference/array64.js';
import { relativeError } from './relative-error.js';

// In units of the input's spread. Central differences of a float64 function: truncation about step², rounding about 1e-16/step.
const STEP = 1e-4;
const DIRECTIONS = 2;

/** Inputs of a case as float64 numbers that float32 holds exactly. */
export const inputsOf = ({ inputs }: OperationCase): Array64[] =>
  inputs.map((input, i) => ('shape' in input ? randomValues(i, input.shape, input.values) : randomValues(i, input)));

export const upload = (x: Array64): Tensor => tensor(Float32Array.from(x.data), x.shape);

/** Weights of the values in the sum whose gradient is looked at. */
export const weightsOf = (testCase: OperationCase, given: readonly Array64[]): Array64 => randomValues(99, testCase.reference(given).shape);

/** A slope of the sum along a random direction of one input, and what the reference has. `error` is relative to a typical slope. */
export type Slope = { readonly input: number; readonly slope: number; readonly expected: number; readonly error: number };

/**
 * Gradients by each input for the values' weights `dy`, and their slopes along random directions beside the central differences of the reference.
 * Errors are in units of a typical slope, √(sum (gradient_i·d_i)²) + |slope|, so that one wrong element of n shows as 1/√n.
 */
export async function measureSlopes(
  testCase: OperationCase,
  given: readonly Array64[],
  xs: readonly Tensor[],
  dy: Tensor,
): Promise<{
  readonly gradients: readonly Float32Array[];
  readonly shapes: readonly (readonly number[])[];
  readonly slopes: readonly Slope[];
}> {
  const weights = weightsOf(testCase, given);
  const { value, grads } = vjp((inputs: readonly Tensor[]) => testCase.operation(inputs), xs, dy);
  const gradients = await Promise.all(grads.map(read));
  const shapes = grads.map(({ shape }) => shape);
  dispose([value, grads]);
  const slopes = gradients.flatMap((gradient, input) =>
    Array.from({ length: DIRECTIONS }, (_, direction): Slope => {
      const along = randomNormals({ seed: input, stream: 78, step: direction }, gradient.length);
      const expected = difference(testCase, given, input, along, weights);
      const slope = dot(gradient, along);
      const typical = Math.abs(expected) + Math.sqrt(gradient.reduce((total, g, j) => total + (g * along[j]) ** 2, 0));
      return { input, slope, expected, error: Math.abs(slope - expected) / Math.max(typical, 1e-12) };
    }),
  );
  return { gradients, shapes, slopes };
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

/** The largest errors of an operation on the active backend, each to be held against the case's tolerance. */
export type OperationErrors = { readonly values: number /** Absent where the case has none. */; readonly gradient?: number };

/** Errors with which the active backend computes a case; `checkOperation` asserts them. */
export async function measureOperation(testCase: OperationCase): Promise<OperationErrors> {
  const given = inputsOf(testCase);
  const xs = given.map(upload);
  const y = testCase.operation(xs);
  const values = relativeError(await read(y), testCase.reference(given).data);
  dispose(y);
  if (testCase.differentiable === false) {
    dispose(xs);
    return { values };
  }
  const dy = upload(weightsOf(testCase, given));
  const { slopes } = await measureSlopes(testCase, given, xs, dy);
  dispose([xs, dy]);
  return { values, gradient: Math.max(...slopes.map(({ error }) => error)) };
}
