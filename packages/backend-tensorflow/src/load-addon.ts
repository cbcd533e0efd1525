import { createRequire } from 'node:module';
import { join } from 'node:path';
import { engine, env, type KernelBackend, removeBackend, setBackend, version_core } from '@tensorflow/tfjs-core';
import { TensorFlowUnavailableError } from './errors.js';
import type { AddonPackage } from './find-addon.js';
import { inputGradientIsRight } from './gradient-probe.js';
import { registerTensorFlowKernels } from './kernels.js';
import { restoreRemovedFunctions } from './removed-functions.js';

/** The backend of the addon, as far as we look into it. */
export type TensorFlowBackend = KernelBackend & {
  /** True if TensorFlow lists a GPU among its devices. */
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
};

/**
 * Load the addon, which registers its kernels and its backend 'tensorflow', and make that the active one; the backend that was active before is so
 * again afterwards.
 * @throws TensorFlowUnavailableError when its TensorFlow.js is not of our version, it does not load, or it computes gradients wrong.
 */
export async function loadAddon(addon: AddonPackage): Promise<TensorFlowBackend> {
  checkCore(addon);
  restoreRemovedFunctions();
  // See gradient-probe.ts. TensorFlow reads the variable when it is loaded.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  const activeBefore = engine().backendName;
  const production = env().getBool('PROD');
  env().set('PROD', true); // or each kernel of the CPU that it brings a second time, the same, is warned of
  try {
    createRequire(join(addon.folder, 'package.json'))(addon.folder);
    const backend = startedBackend();
    await setBackend('tensorflow'); // it is not active where another part of the program has loaded it before
    if (!(await inputGradientIsRight())) throw wrongGradient(addon, backend);
    registerTensorFlowKernels();
    return backend;
  } catch (error) {
    dropBackend();
    throw error instanceof TensorFlowUnavailableError ? error : notLoaded(addon, error);
  } finally {
    env().set('PROD', production);
    if (activeBefore) await setBackend(activeBefore);
  }
}

/** Copies of one version share the engine, which lies on globalThis; of two versions, one would run on the engine of the other. */
function checkCore({ name, version, folder, coreVersion }: AddonPackage): void {
  if (coreVersion === version_core) return;
  const found = coreVersion === undefined ? 'finds no @tensorflow/tfjs-core' : `comes with @tensorflow/tfjs-core ${coreVersion}`;
  throw new TensorFlowUnavailableError(
    `tensorflow: ${name} ${version} in ${folder} ${found}, expected ${version_core}; run: npm install ${name}@${version_core}`,
  );
}

function startedBackend(): TensorFlowBackend {
  const backend = engine().findBackend('tensorflow') as Partial<TensorFlowBackend> | null;
  if (typeof backend?.isUsingGpuDevice !== 'boolean' || typeof backend.binding?.TF_Version !== 'string')
    throw new Error("it has registered no backend 'tensorflow' that tells its device and version");
  return backend as TensorFlowBackend;
}

/** Take the backend away, so that nothing computes on it. */
export function dropBackend(): void {
  if (engine().findBackendFactory('tensorflow') !== null) removeBackend('tensorflow');
}

function wrongGradient({ name, folder }: AddonPackage, { binding }: TensorFlowBackend): TensorFlowUnavailableError {
  return new TensorFlowUnavailableError(
    `tensorflow: ${name} in ${folder} (TensorFlow ${binding.TF_Version}) computes wrong gradients of convolutions, as some versions do with oneDNN; start the program with TF_ENABLE_ONEDNN_OPTS=0 in its environment`,
  );
}

function notLoaded({ name, version, folder }: AddonPackage, error: unknown): TensorFlowUnavailableError {
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0].trim().replace(/\.$/, '');
  return new TensorFlowUnavailableError(
    `tensorflow: ${name} ${version} in ${folder} does not load (${reason}); put the folder of a library that it misses into LD_LIBRARY_PATH, or build it again: npm rebuild ${name} --build-addon-from-source`,
    { cause: error },
  );
}
