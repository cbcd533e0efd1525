import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGpuBackend } from '../backend.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';
import { tiledProduct, tilesOf } from './tiled-product.js';

const product = (biased: boolean) =>
  tiledProduct({
    name: 'matmul',
    inputs: ['a', 'b', ...(biased ? ['bias'] : [])],
    numbers: ['aRow: u32', 'aK: u32', 'bK: u32', 'bColumn: u32'],
    factors: `
fn left(row: u32, k: u32, z: u32) -> f32 { return a[z * n.rows * n.depth + row * n.aRow + k * n.aK]; }
fn right(k: u32, column: u32, z: u32) -> f32 { return b[z * n.depth * n.columns + k * n.bK + column * n.bColumn]; }`,
    value: biased ? 'sum + bias[column]' : 'sum',
  });
const [plain, biased] = [product(false), product(true)];

type Transposes = { readonly transposeA?: boolean; readonly transposeB?: boolean };

function multiply(backend: WebGpuBackend, a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: Transposes, bias?: TensorInfo) {
  const rank = a.shape.length;
  const lead = a.shape.slice(0, -2);
  const layers = sizeOf(lead);
  const fits = b.shape.length === rank && lead.every((length, i) => length === b.shape[i]) && layers < 65536;
  if (!fits) return undefined;
  const [rows, depth] = transposeA ? [a.shape[rank - 1], a.shape[rank - 2]] : a.shape.slice(-2);
  const columns = b.shape[transposeB ? rank - 2 : rank - 1];
  const y = result(backend, [...lead, rows, columns]);
  backend.dispatch(bias === undefined ? plain : biased, {
    inputs: bias === undefined ? [a, b] : [a, b, bias],
    outputs: [y],
    numbers: [rows, columns, depth, 0, ...(transposeA ? [1, rows] : [depth, 1]), ...(transposeB ? [1, depth] : [columns, 1])],
    groups: tilesOf(rows, columns, layers),
  });
  return y;
}

/** Leading axes that broadcast are left to the stock kernel. */
export const batchMatMul: WebGpuKernel<Transposes> = (backend, { a, b }, transposes) => multiply(backend, a, b, transposes);

/** With a bias for each column and nothing after it; what else the stock kernel fuses is left to it. */
export const fusedMatMul: WebGpuKernel<Transposes & { activation?: string }> = (backend, { a, b, bias, ...others }, attributes) => {
  const columns = b.shape[b.shape.length - (attributes.transposeB ? 2 : 1)];
  const covered = (attributes.activation ?? 'linear') === 'linear' && bias !== undefined && sizeOf(bias.shape) === columns;
  return covered && others.preluActivationWeights === undefined ? multiply(backend, a, b, attributes, bias) : undefined;
};
