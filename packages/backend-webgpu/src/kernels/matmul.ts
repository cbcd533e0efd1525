import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ShaderBackend } from '../shader-backend.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';
import { tiledProduct, tilesOf } from './tiled-product.js';

const product = (biased: boolean) =>
  tiledProduct({
    name: 'matmul',
    inputs: ['a', 'b', ...(biased ? ['bias'] : [])],
    numbers: ['aRow: i32', 'aK: i32', 'bK: i32', 'bColumn: i32'],
    factors: `
fn rowPlace(row: i32) -> vec4i { return vec4i(row * n.aRow); }
fn depthPlace(k: i32) -> vec4i { return vec4i(k * n.aK, k * n.bK, 0, 0); }
fn left(row: vec4i, depth: vec4i, z: i32) -> f32 { return a[z * n.rows * n.depth + row.x + depth.x]; }
fn right(depth: vec4i, column: i32, z: i32) -> f32 { return b[z * n.depth * n.columns + depth.y + column * n.bColumn]; }`,
    value: biased ? 'sum + bias[column]' : 'sum',
  });
const [plain, biased] = [product(false), product(true)];

type Transposes = { readonly transposeA?: boolean; readonly transposeB?: boolean };

function multiply(backend: ShaderBackend, a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: Transposes, bias?: TensorInfo) {
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
