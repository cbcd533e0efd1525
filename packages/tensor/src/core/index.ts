// What our packages take of TensorFlow.js at run time. Node takes required.ts in its place. A bundler must not pass this file by, or it leaves out what TensorFlow.js
// registers of itself: package.json names it under sideEffects.
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
