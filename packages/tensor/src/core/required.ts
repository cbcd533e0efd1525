// index.ts for Node: 'require' takes TensorFlow.js in half the time of 'import', which first parses 1.2 MB twice more for its format and its names.
// Bundlers (esbuild, Rollup, Rolldown, Vite, webpack) do not set the condition node-addons that leads here, so that they bundle TensorFlow.js as ever.
// The names of a module must be written out; core.test.ts holds that they are those of index.ts.
import { createRequire } from 'node:module';

const core: typeof import('./index.js') = createRequire(import.meta.url)('@tensorflow/tfjs-core');
export const {
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
} = core;
