import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tract/tensor/core';
import type { Shader } from '../shader.js';
import type { ShaderBackend } from '../shader-backend.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';

const threads = 64;
/** Rows that one thread adds up by itself; of more, threads each add up about the root of their number, and then one of them the sums. */
const mostAtOnce = 512;

const shader: Shader = {
  name: 'sum-rows',
  inputs: ['x'],
  outputs: ['y'],
  numbers: ['rows: u32', 'columns: u32', 'count: u32', 'chunk: u32'],
  workgroup: [threads],
  code: `if (index >= n.count) { return; }
  let column = index % n.columns;
  let begin = index / n.columns * n.chunk;
  var sum = 0.0;
  for (var row = begin; row < min(begin + n.chunk, n.rows); row++) { sum += x[row * n.columns + column]; }
  y[index] = sum;`,
};

/** x, seen as rows of the size of `shape`, summed over them. */
export function sumRows(backend: ShaderBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const columns = sizeOf(shape);
  const rows = sizeOf(x.shape) / columns;
  const chunk = rows > mostAtOnce ? Math.ceil(Math.sqrt(rows)) : rows;
  const left = Math.ceil(rows / chunk);
  const y = result(backend, left === 1 ? shape : [left, columns]);
  const count = left * columns;
  backend.dispatch(shader, { inputs: [x], outputs: [y], numbers: [rows, columns, count, chunk], groups: Math.ceil(count / threads) });
  if (left === 1) return y;
  const total = sumRows(backend, y, shape);
  backend.disposeData(y.dataId);
  return total;
}

/** A sum over the first axes; the stock kernel, which takes others, would transpose them to the end. */
export const sumOverFirst: WebGpuKernel<{ axis: number | number[]; keepDims: boolean }> = (backend, { x }, { axis, keepDims }) => {
  const axes = util.parseAxisParam(axis, x.shape);
  const kept = x.shape.slice(axes.length);
  const areFirst = axes.length > 0 && new Set(axes).size === axes.length && axes.every((one) => one < axes.length);
  if (!areFirst || kept.length === 0) return undefined;
  return sumRows(backend, x, keepDims ? [...axes.map(() => 1), ...kept] : kept);
};
