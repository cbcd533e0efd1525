// What our packages take of TensorFlow.js at run time; Node takes required.ts in its place. package.json names this file under sideEffects: else a bundler would follow
// the names past it and leave out what TensorFlow.js registers when it is loaded (flags, platforms).
export {
  backend_util,
  copyRegisteredKernels,
  DataStorage,
  engine,
  env,
  getKernel,
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
  slice_util,
  Tensor,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs-core';
