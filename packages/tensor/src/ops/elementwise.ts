import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { isTracked, record } from '../tape.js';

const product = (a: Tensor, b: Tensor): Tensor => run('Multiply', { a, b });
const affine = (x: Tensor, factor: number, offset = 0): Tensor => run('TractScale', { x }, { factor, offset });

/** x². */
export function square(x: Tensor): Tensor {
  const y = run('Square', { x });
  return isTracked(x) ? record(y, [x], [x], (dy) => [product(dy, affine(x, 2))]) : y;
}

/** √x; NaN below 0, infinite slope at 0. */
export function sqrt(x: Tensor): Tensor {
  const y = run('Sqrt', { x });
  return isTracked(x) ? record(y, [x], [y], (dy) => [affine(run('RealDiv', { a: dy, b: y }), 0.5)]) : y;
}

export function exp(x: Tensor): Tensor {
  const y = run('Exp', { x });
  return isTracked(x) ? record(y, [x], [y], (dy) => [product(dy, y)]) : y;
}

/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  const y = run('Log', { x });
  return isTracked(x) ? record(y, [x], [x], (dy) => [run('RealDiv', { a: dy, b: x })]) : y;
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: Tensor): Tensor {
  const y = run('Sigmoid', { x });
  return isTracked(x) ? record(y, [x], [y], (dy) => [product(dy, product(y, affine(y, -1, 1)))]) : y;
}

export function tanh(x: Tensor): Tensor {
  const y = run('Tanh', { x });
  return isTracked(x) ? record(y, [x], [y], (dy) => [product(dy, affine(run('Square', { x: y }), -1, 1))]) : y;
}

/** max(x, 0); slope 0 at 0. */
export function relu(x: Tensor): Tensor {
  const y = run('Relu', { x });
  return isTracked(x) ? record(y, [x], [y], (dy) => [product(dy, run('Step', { x: y }, { alpha: 0 }))]) : y;
}

/** x * sigmoid(x). */
export function silu(x: Tensor): Tensor {
  const y = run('TractSilu', { x });
  return isTracked(x) ? record(y, [x], [x], (dy) => [run('TractSiluGrad', { dy, x })]) : y;
}

/**
 * x limited to [low, high]; the slope is 1 inside and on the limits, 0 outside, or with `straightThrough` 1 everywhere.
 * @throws RangeError when low > high.
 */
export function clamp(x: Tensor, low: number, high: number, { straightThrough = false } = {}): Tensor {
  if (!(low <= high)) throw new RangeError(`clamp: low must not exceed high, got ${low} and ${high}`);
  const y = run('ClipByValue', { x }, { clipValueMin: low, clipValueMax: high });
  if (!isTracked(x)) return y;
  if (straightThrough) return record(y, [x], [], (dy) => [dy]);
  return record(y, [x], [x, y], (dy) => [product(dy, run('Cast', { x: run('Equal', { a: x, b: y }) }, { dtype: 'float32' }))]);
}
