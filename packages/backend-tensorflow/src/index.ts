export { TensorFlowUnavailableError } from './errors.js';
export { registerTensorFlowBackend, type TensorFlowInfo, type TensorFlowOptions } from './register.js';
