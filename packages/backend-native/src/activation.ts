import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend.js';

// What the stock fused kernels may ask for at their end; the addon has kernels of these names.
const activations = ['relu', 'sigmoid'] as const;

/** Return true if the addon can apply this activation of a stock fused kernel (none counts). */
export const canActivate = (activation: string | undefined): boolean =>
  activation == null || activation === 'linear' || activations.some((name) => name === activation);

/** Apply an activation in place; x must be a fresh result. */
export function activate(backend: NativeBackend, x: TensorInfo, activation: string | undefined): TensorInfo {
  const kernel = activations.find((name) => name === activation);
  if (kernel !== undefined) backend.launchInPlace(kernel, x);
  return x;
}
