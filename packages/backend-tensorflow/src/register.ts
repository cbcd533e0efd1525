import { engine, registerBackend } from '@tensorflow/tfjs-core';
import { TensorFlowUnavailableError } from './errors.js';
import { type AddonPackage, type AddonPlace, findAddon } from './find-addon.js';
import { dropBackend, loadAddon, type TensorFlowBackend } from './load-addon.js';

export type TensorFlowOptions = AddonPlace & {
  /** 'gpu' refuses a TensorFlow that would compute on the processor. Default: a GPU if TensorFlow finds one, else the processor. */
  readonly device?: 'gpu';
};

/** Package and device that compute. */
export type TensorFlowInfo = {
  /** The package that was loaded, and its version. */
  readonly addon: string;
  readonly addonVersion: string;
  /** Version of the TensorFlow library behind it. */
  readonly tensorflow: string;
  /** Device in use, from TensorFlow's own list of devices. */
  readonly device: 'gpu' | 'cpu';
};

let loaded: { readonly addon: AddonPackage; readonly backend: TensorFlowBackend } | undefined;

/**
 * Load the TensorFlow that is installed and register the backend 'tensorflow'; `useBackend('tensorflow')` of the tensor package then makes it
 * the active one. A process loads one TensorFlow: called again, it only checks the options and tells the same.
 * @throws TensorFlowUnavailableError when none is installed, it does not load, it is not the one loaded before, or has no GPU and must.
 */
export async function registerTensorFlowBackend(options: TensorFlowOptions = {}): Promise<TensorFlowInfo> {
  const { addon, backend } = await loadOnce(options);
  const device = backend.isUsingGpuDevice ? 'gpu' : 'cpu';
  if (options.device === 'gpu' && device === 'cpu') {
    dropBackend();
    throw new TensorFlowUnavailableError(noGpu(addon, backend));
  }
  if (engine().findBackendFactory('tensorflow') === null) registerBackend('tensorflow', () => backend, 3);
  return { addon: addon.name, addonVersion: addon.version, tensorflow: backend.binding.TF_Version, device };
}

async function loadOnce({ addon: named, require }: TensorFlowOptions): Promise<NonNullable<typeof loaded>> {
  if (loaded !== undefined && named === undefined && require === undefined) return loaded;
  const addon = findAddon({ addon: named, require });
  if (loaded !== undefined && addon.folder !== loaded.addon.folder)
    throw new TensorFlowUnavailableError(
      `tensorflow: this process has loaded ${loaded.addon.folder} and cannot load ${addon.folder} too; start another for it`,
    );
  loaded ??= { addon, backend: await loadAddon(addon) };
  return loaded;
}

function noGpu({ name, folder }: AddonPackage, { binding }: TensorFlowBackend): string {
  const remedy =
    name === '@tensorflow/tfjs-node'
      ? 'run: npm install @tensorflow/tfjs-node-gpu@4.22.0'
      : 'check that nvidia-smi lists it and that LD_LIBRARY_PATH has the CUDA and cuDNN libraries that this TensorFlow was built for';
  return `tensorflow: a GPU was asked for, but ${name} in ${folder} (TensorFlow ${binding.TF_Version}) finds only the processor; ${remedy}`;
}
