import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { vjp } from '../gradient.js';
import { dispose } from '../scope.js';
import { memory, read } from '../tensor.js';
import { expectClose } from './closeness.js';
import { inputsOf, measureSlopes, upload, weightsOf } from './measure-operation.js';
import type { OperationCase } from './operation-case.js';
import type { Array64 } from './reference/array64.js';

/** Values, gradients of each input together and alone, and nothing left behind. */
export async function checkOperation(testCase: OperationCase): Promise<void> {
  const given = inputsOf(testCase);
  const before = memory();
  const xs = given.map(upload);
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

async function checkSlopes(testCase: OperationCase, given: readonly Array64[], xs: readonly Tensor[]): Promise<void> {
  const { tolerance, cause } = testCase;
  const dy = upload(weightsOf(testCase, given));
  const { gradients, shapes, slopes } = await measureSlopes(testCase, given, xs, dy);
  expect(shapes).toEqual(xs.map(({ shape }) => shape));
  for (const { input, slope, expected, error } of slopes)
    expect(error, `gradient of input ${input}: slope ${slope}, expected ${expected} (${cause})`).toBeLessThanOrEqual(tolerance);
  if (xs.length > 1) for (const [i, gradient] of gradients.entries()) await checkAlone(testCase, xs, i, dy, gradient);
  dispose(dy);
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
