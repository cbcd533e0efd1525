export { availableThreads } from './available-threads.js';
export { NativeBackend } from './backend.js';
export type { PoolStatistics } from './buffer-pool.js';
export { type KernelCall, type KernelListener, observeKernels } from './kernel-observer.js';
export { NativeUnavailableError } from './load-addon.js';
export { type MachinePeaks, machinePeaks } from './machine-peaks.js';
export type { NativeMatrixKernels, RowProducts } from './matrix-kernels.js';
export {
  type NativeInfo,
  type NativeOptions,
  nativeInfo,
  nativeMatrixKernels,
  registerNativeBackend,
  releaseIdleMemory,
  setThreads,
} from './register.js';
