/** The part of this package that needs no Node: what every backend over the same C++ kernels shares, wherever they are compiled to. */
export type { Kernels } from '../addon.js';
export { NativeBackend } from '../backend.js';
export type { FloatMemory, Floats } from '../float-memory.js';
export { tableText } from '../kernel-table.mjs';
export { registerKernels } from '../kernels/index.js';
export { matrixKernelsOf, type NativeMatrixKernels } from '../matrix-kernels.js';
