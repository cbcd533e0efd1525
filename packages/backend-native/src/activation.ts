import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend.js';

// What the stock fused kernels may ask for at their end, by the addon's names.
const KERNELS: Readonly<Record<string, string>> = { relu: 'relu', sigmoid: 'sigmoid' };

/** Whether the addon can apply this activation of a stock fused kernel (none counts). */
export const canActivate = (activation: string | undefined): boolean =>
  activation == null || activation === 'linear' || KERNELS[activation] !== undefined;

/** Applies an activation in place; x must be a fresh result. */
export function activate(backend: NativeBackend, x: TensorInfo, activation: string | undefined): TensorInfo {
  const kernel = activation == null ? undefined : KERNELS[activation];
  if (kernel === undefined) return x;
  backend.launchInPlace(kernel, x);
  return x;
}
