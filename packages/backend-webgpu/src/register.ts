import { engine, registerBackend, removeBackend } from '@tract/tensor/core';
import { WebGpuBackend } from './backend.js';
import { type DeviceOptions, requestDevice } from './device.js';
import { registerWebGpuKernels } from './kernels/index.js';

/** Description of the device by its driver; empty where a browser hides it. */
export type WebGpuInfo = {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True if a driver on the CPU stands in for a graphics card. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly maxBufferBytes: number;
};

/**
 * Start a device and register the backend 'webgpu' on it; `useBackend('webgpu')` of the tensor package then makes it the active one. Called
 * again, it starts a new device, as is needed after a loss: tensors of the old one are gone.
 * @throws WebGpuUnavailableError when there is no device.
 */
export async function registerWebGpuBackend(options: DeviceOptions = {}): Promise<WebGpuInfo> {
  const device = await requestDevice(options);
  if (engine().findBackendFactory('webgpu') !== null) removeBackend('webgpu'); // the stock one, or ours of before
  registerWebGpuKernels();
  registerBackend('webgpu', () => new WebGpuBackend(device), 3);
  const { info, features, limits } = device.adapter;
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description,
    software: info.isFallbackAdapter ?? /swiftshader|llvmpipe/i.test(info.description),
    features: [...features].map(String),
    maxBufferBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
  };
}
