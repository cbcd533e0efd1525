export { float16SpaceWith } from './float16-space.js';
export { type TfjsOperations, tfjsSpace } from './tfjs-space.js';
export type { WebGpuBuffer, WebGpuDevice } from './webgpu-kernels.js';
export { type GpuVector, type OrtTensors, ortGpuSpace, type WebGpuSpaceOptions, webGpuSpace } from './webgpu-space.js';
