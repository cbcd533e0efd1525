import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Shader } from '../shader.js';
import type { ShaderBackend } from '../shader-backend.js';
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

const adding = mapping('add-into', ['x'], 'y[index] + x[index]');

function map(backend: ShaderBackend, shader: Shader, inputs: readonly TensorInfo[], numbers: readonly number[] = []): TensorInfo {
  const y = result(backend, inputs[0].shape);
  const count = sizeOf(y.shape);
  backend.dispatch(shader, { inputs, outputs: [y], numbers: [count, ...numbers], groups: Math.ceil(count / threads) });
  return y;
}

/** A copy with memory of its own, bit for bit. */
export const copy = (backend: ShaderBackend, x: TensorInfo): TensorInfo => map(backend, copying, [x]);

/** Add what lies in memory to what lies in other memory of its size. */
export function addInto(backend: ShaderBackend, y: Required<GPUBufferBinding>, x: GPUBufferBinding): void {
  const count = y.size / 4;
  backend.dispatchOn(adding, [x, y], [count], Math.ceil(count / threads));
}

export const scale: WebGpuKernel<{ factor: number; offset: number }> = (backend, { x }, { factor, offset }) =>
  factor === 1 && offset === 0 ? copy(backend, x) : map(backend, scaling, [x], [factor, offset]);

export const silu: WebGpuKernel<undefined> = (backend, { x }) => map(backend, activating, [x]);

export const siluGrad: WebGpuKernel<undefined> = (backend, { dy, x }) => map(backend, activatingBack, [dy, x]);

/**
 * Sine of x + quarters pi / 2 for |x| up to thousands, to 2e-7: WGSL's own may be off by 2^-11. The nearest multiple of pi / 2 is taken away in three parts, of which the
 * first has few enough bits for exact products; polynomials of Cephes' sinf and cosf do the rest.
 */
const sineFunction = `
fn sineOf(x: f32, quarters: i32) -> f32 {
  let turns = round(x * 0.636619772);
  let r = fma(turns, -7.549790126404332e-8, fma(turns, -4.837512969970703e-4, fma(turns, -1.5703125, x)));
  let z = r * r;
  let sine = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 + z * -1.9515295891e-4));
  let cosine = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let quadrant = i32(turns) + quarters;
  let y = select(sine, cosine, (quadrant & 1) == 1);
  return select(y, -y, (quadrant & 2) == 2);
}`;
const sines = [0, 1].map((quarters) => ({
  ...mapping(['sine', 'cosine'][quarters], ['x'], `sineOf(x[index], ${quarters})`),
  declarations: sineFunction,
}));

export const sine: WebGpuKernel<undefined> = (backend, { x }) => map(backend, sines[0], [x]);

export const cosine: WebGpuKernel<undefined> = (backend, { x }) => map(backend, sines[1], [x]);
