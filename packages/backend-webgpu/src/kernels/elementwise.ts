import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGpuBackend } from '../backend.js';
import type { Shader } from '../shader.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';

const threads = 64;

/** 1 / (1 + e^-v) without overflow, and the slope s·(1 + v·(1 - s)) of v·logistic(v). */
export const logisticFunctions = `
fn logistic(v: f32) -> f32 { return 1.0 / (1.0 + exp(min(-v, 88.0))); }
fn siluSlope(v: f32) -> f32 { let s = logistic(v); return s * (1.0 + v * (1.0 - s)); }`;

/** y[i] = an expression of the inputs at `index`. */
const mapping = (name: string, inputs: readonly string[], expression: string, numbers: readonly string[] = [], output = 'y'): Shader => ({
  name,
  inputs,
  outputs: [output],
  numbers: ['count: u32', ...numbers],
  workgroup: [threads],
  declarations: logisticFunctions,
  code: `if (index < n.count) { y[index] = ${expression}; }`,
});

// As integers, since arithmetic may turn the smallest numbers into zeros.
const copying = mapping('copy', ['x: u32'], 'x[index]', [], 'y: u32');
const scaling = mapping('scale', ['x'], 'x[index] * n.factor + n.offset', ['factor: f32', 'offset: f32']);
const activating = mapping('silu', ['x'], 'x[index] * logistic(x[index])');
const activatingBack = mapping('silu-gradient', ['dy', 'x'], 'dy[index] * siluSlope(x[index])');

function map(backend: WebGpuBackend, shader: Shader, inputs: readonly TensorInfo[], numbers: readonly number[] = []): TensorInfo {
  const y = result(backend, inputs[0].shape);
  const count = sizeOf(y.shape);
  backend.dispatch(shader, { inputs, outputs: [y], numbers: [count, ...numbers], groups: Math.ceil(count / threads) });
  return y;
}

/** A copy with memory of its own, bit for bit. */
export const copy = (backend: WebGpuBackend, x: TensorInfo): TensorInfo => map(backend, copying, [x]);

export const scale: WebGpuKernel<{ factor: number; offset: number }> = (backend, { x }, { factor, offset }) =>
  factor === 1 && offset === 0 ? copy(backend, x) : map(backend, scaling, [x], [factor, offset]);

export const silu: WebGpuKernel<undefined> = (backend, { x }) => map(backend, activating, [x]);

export const siluGrad: WebGpuKernel<undefined> = (backend, { dy, x }) => map(backend, activatingBack, [dy, x]);
