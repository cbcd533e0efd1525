import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { engine, registerBackend, removeBackend } from '@tract/tensor/core';
import { type DeviceOptions, requestDevice } from './device.js';
import { registerWebGpuKernels } from './kernels/index.js';
import { stockName } from './stock-name.js';

/**
 * Start a device of its own with TensorFlow.js's kernels alone and register it as the backend 'webgpu-stock', to compare ours with: `useBackend`
 * completes it with the composed references.
 * @throws WebGpuUnavailableError when there is no device.
 */
export async function registerStockWebGpuBackend(options: DeviceOptions = {}): Promise<void> {
  const { device, adapter } = await requestDevice(options);
  if (engine().findBackendFactory(stockName) !== null) removeBackend(stockName);
  registerWebGpuKernels();
  registerBackend(stockName, () => new WebGPUBackend(device, adapter.info));
}
