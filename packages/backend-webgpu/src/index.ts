export { WebGpuBackend } from './backend.js';
export { type DeviceOptions, requestDevice } from './device.js';
export { WebGpuDeviceLostError, WebGpuOutOfMemoryError, WebGpuUnavailableError } from './errors.js';
export { registerWebGpuBackend, type WebGpuInfo } from './register.js';
export { registerStockWebGpuBackend } from './stock.js';
export { countTraffic, type Traffic } from './traffic.js';
