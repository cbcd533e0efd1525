import type { KernelFunc } from '@tensorflow/tfjs-core';
import { engine, getKernel, registerKernel, setBackend } from '@tract/tensor/core';
import { composedKernels } from './kernels/index.js';
import { markPrepared } from './run.js';

/** Return the name of the active backend. @throws Error when none is active. */
export function backendName(): string {
  const name = engine().backendName;
  if (name === null || name === undefined) throw new Error("backendName: no backend is active; call 'await useBackend(name)' first");
  return name;
}

/**
 * Register the composed reference of each fused kernel that the backend lacks. To be called after the backend's own kernels are
 * registered; `useBackend` does so.
 */
export function ensureKernels(backend: string = backendName()): void {
  for (const [kernelName, kernelFunc] of Object.entries(composedKernels)) {
    if (getKernel(kernelName, backend) == null) registerKernel({ kernelName, backendName: backend, kernelFunc });
  }
  markPrepared(backend);
}

/** Return the composed reference of a fused kernel, for a backend whose own kernel must decline a case. */
export function composedKernel(kernelName: string): KernelFunc {
  const kernel = composedKernels[kernelName];
  if (kernel === undefined) throw new RangeError(`composedKernel: there is no fused kernel named '${kernelName}'`);
  return kernel;
}

/**
 * Make a registered backend the active one and complete its kernels. The package that brings the backend must have been
 * imported before (`@tensorflow/tfjs-backend-cpu` brings 'cpu').
 * @throws Error when the backend is unknown or does not start.
 */
export async function useBackend(name: string): Promise<void> {
  if (engine().findBackendFactory(name) === null) {
    const known = engine().backendNames();
    throw new Error(`useBackend: no backend '${name}' (known: ${known.join(', ') || 'none'}); import the package that brings it first`);
  }
  if (!(await setBackend(name))) throw new Error(`useBackend: backend '${name}' did not start`);
  await engine().ready();
  ensureKernels(name);
}
