import { availableParallelism } from 'node:os';
import { backendError } from '../errors.js';

/** Register the backend 'wasm' with so many threads. Default: the processor's number. Returns what it computes with. @throws CliError (backend missing) */
export async function startWasm(threads: number = availableParallelism()) {
  const { registerWasmBackend, wasmInfo, wasmMatrixKernels } = await import('@tract/backend-wasm');
  try {
    await registerWasmBackend({ threads });
  } catch (error) {
    throw backendError((error as Error).message, error);
  }
  const { build, threads: count } = wasmInfo();
  return { build, threads: count, matrixKernels: wasmMatrixKernels() };
}
