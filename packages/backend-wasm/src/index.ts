export type { WasmBuildName } from './builds.js';
export { WasmClosedError, WasmMemoryError, WasmUnavailableError } from './errors.js';
export { type WasmFeatures, wasmFeatures } from './features.js';
export {
  registerWasmBackend,
  removeWasmBackend,
  setWasmThreads,
  type WasmInfo,
  type WasmOptions,
  wasmInfo,
  wasmMatrixKernels,
} from './register.js';
