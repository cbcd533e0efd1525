export { type NodeGpuOptions, nodeGpu, softwareDriver } from './node-gpu.js';
