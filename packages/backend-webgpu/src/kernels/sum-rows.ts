import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Shader } from '../shader.js';
import type { ShaderBackend } from '../shader-backend.js';
import { result, sizeOf } from '../webgpu-kernel.js';

const threads = 64;
/** Rows that one thread adds up. */
const chunk = 64;

const shader: Shader = {
  name: 'sum-rows',
  inputs: ['x'],
  outputs: ['y'],
  numbers: ['rows: u32', 'columns: u32', 'count: u32'],
  workgroup: [threads],
  code: `if (index >= n.count) { return; }
  let column = index % n.columns;
  let begin = index / n.columns * ${chunk}u;
  var sum = 0.0;
  for (var row = begin; row < min(begin + ${chunk}u, n.rows); row++) { sum += x[row * n.columns + column]; }
  y[index] = sum;`,
};

/** x, seen as rows of the size of `shape`, summed over them in rounds of 64. */
export function sumRows(backend: ShaderBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const columns = sizeOf(shape);
  const rows = sizeOf(x.shape) / columns;
  const left = Math.ceil(rows / chunk);
  const y = result(backend, left === 1 ? shape : [left, columns]);
  const count = left * columns;
  backend.dispatch(shader, { inputs: [x], outputs: [y], numbers: [rows, columns, count], groups: Math.ceil(count / threads) });
  if (left === 1) return y;
  const total = sumRows(backend, y, shape);
  backend.disposeData(y.dataId);
  return total;
}
