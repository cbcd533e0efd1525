import type { _FusedMatMulAttrs, BatchMatMulAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { activate, canActivate } from '../activation.js';
import type { NativeBackend } from '../backend.js';
import type { NativeKernel, NativeKernels } from '../native-kernel.js';
import { sizeOf } from '../size-of.js';

type Transposes = { readonly transposeA: boolean; readonly transposeB: boolean };

/** Multiply. Undefined where the leading axes broadcast in a way other than one side being a single matrix. */
function multiply(
  backend: NativeBackend,
  a: TensorInfo,
  b: TensorInfo,
  bias: TensorInfo | undefined,
  { transposeA, transposeB }: Transposes,
): TensorInfo | undefined {
  if (a.shape.length < 2 || b.shape.length < 2) return undefined;
  const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [inner, n] = transposeB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [countA, countB] = [sizeOf(leadA), sizeOf(leadB)];
  const same = leadA.length === leadB.length && leadA.every((length, i) => length === leadB[i]);
  if (inner !== k || !(same || countA === 1 || countB === 1)) return undefined; // the stock kernel names what does not fit
  if (bias !== undefined && !(bias.shape.at(-1) === n && sizeOf(bias.shape) === n)) return undefined;
  const rank = Math.max(leadA.length, leadB.length);
  const lead = Array.from({ length: rank }, (_, i) => Math.max(leadA[i - rank + leadA.length] ?? 1, leadB[i - rank + leadB.length] ?? 1));
  // One right matrix for all: the left ones are rows of a single tall matrix.
  const tall = countB === 1 && !transposeA;
  const [batch, rows] = tall ? [1, countA * m] : [Math.max(countA, countB), m];
  const [aStep, bStep] = [countA === 1 ? 0 : m * k, countB === 1 ? 0 : k * n];
  const args = { a, b, bias, c: [...lead, m, n], batch, M: rows, N: n, K: k, transposeA, transposeB, aStep, bStep };
  return backend.launchOne('matmul', args);
}

const batchMatMul: NativeKernel<BatchMatMulAttrs> = (backend, { a, b }, attributes) => multiply(backend, a, b, undefined, attributes);

const fusedMatMul: NativeKernel<_FusedMatMulAttrs> = (backend, { a, b, bias }, { activation, ...transposes }) => {
  if (!canActivate(activation)) return undefined;
  const product = multiply(backend, a, b, bias ?? undefined, transposes);
  return product === undefined ? undefined : activate(backend, product, activation);
};

export const matmulKernels: NativeKernels = { BatchMatMul: batchMatMul, _FusedMatMul: fusedMatMul };
