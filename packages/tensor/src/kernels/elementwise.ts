import type { Tensor } from '@tensorflow/tfjs-core';
import { add, mul, scale as scaled, sub } from '../ops/arithmetic.js';
import { sigmoid, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { reshape } from '../ops/shape.js';
import { run } from '../run.js';
import { fill, tensor } from '../tensor.js';
import { composed } from './compose.js';

export const silu = composed(({ x }: { x: Tensor }) => mul(x, sigmoid(x)));

/** d silu / dx = s·(1 + x·(1 - s)), s = sigmoid(x). */
export const siluGrad = composed(({ dy, x }: { dy: Tensor; x: Tensor }) => {
  const s = sigmoid(x);
  return mul(dy, mul(s, scaled(mul(x, scaled(s, -1, 1)), 1, 1)));
});

/** x·factor + offset; without offset a single product, so that a factor of 1 copies exactly. */
export const scale = composed(({ x }: { x: Tensor }, { factor, offset }: { factor: number; offset: number }) => {
  const y = run('Multiply', { a: x, b: fill([], factor) });
  return offset === 0 ? y : run('Add', { a: y, b: fill([], offset) });
});

/** A coefficient tensor that broadcasts over the sample's axes. */
function coefficient(values: readonly number[], rank: number): Tensor {
  return values.length === 1 ? fill([], values[0]) : tensor(values, [values.length, ...Array.from({ length: rank - 1 }, () => 1)]);
}

export const combine = composed((inputs: Record<string, Tensor>, { coefficients }: { coefficients: readonly number[][] }) => {
  const terms = coefficients.map((values, i) => mul(inputs[i], coefficient(values, inputs[i].rank)));
  return terms.reduce((total, term) => add(total, term));
});

export const squaredError = composed(
  ({ prediction, target }: { prediction: Tensor; target: Tensor }, { weights }: { weights: readonly number[] }) => {
    const perSample = sum(reshape(square(sub(prediction, target)), [weights.length, -1]), 1);
    return sum(mul(perSample, tensor(weights, [weights.length])));
  },
);
