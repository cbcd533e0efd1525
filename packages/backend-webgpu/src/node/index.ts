export { type NodeGpuOptions, nodeGpu, softwareDriver, stopNodeGpu } from './node-gpu.js';
