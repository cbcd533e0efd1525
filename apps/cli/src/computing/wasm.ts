import { backendError, usageError } from '../errors.js';

/**
 * Register the backend 'wasm' with so many threads (default: as many as may compute at once) and of that build (default: the best one that this engine can run).
 * Returns what it computes with. @throws CliError (backend missing), (usage) for a build that it cannot run
 */
export async function startWasm(threads?: number, build?: string) {
  const [{ availableThreads }, { registerWasmBackend, removeWasmBackend, wasmInfo, wasmMatrixKernels }] = await Promise.all([
    import('@tract/backend-native'),
    import('@tract/backend-wasm'),
  ]);
  // doctor has started the best one.
  if (build !== undefined) removeWasmBackend();
  try {
    await registerWasmBackend({ threads: threads ?? availableThreads(), build: build as ReturnType<typeof wasmInfo>['build'] | undefined });
  } catch (error) {
    const { message } = error as Error;
    throw build === undefined ? backendError(message, error) : usageError(`--instruction-set ${build}: ${message}`);
  }
  const info = wasmInfo();
  return { build: info.build, threads: info.threads, matrixKernels: wasmMatrixKernels() };
}
