// TensorFlow.js's CPU backend. Node takes stock-cpu-required.ts in its place; as for @tract/tensor's core.
export { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
