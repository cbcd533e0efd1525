import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { engine, removeBackend } from '@tract/tensor/core';
import { WebGpuUnavailableError } from '../errors.js';
import { stockName } from '../stock-name.js';

export type NodeGpuOptions = {
  /**
   * Description (*.json) of the Vulkan driver to use. Default: the drivers that the system finds. Takes effect on the first call of a
   * process, when the drivers are loaded.
   */
  readonly driver?: string;
  /** Options of Dawn, `name=value`, as the package `webgpu` takes them. Default: none. */
  readonly options?: readonly string[];
};

/** Folders in which distributions put the software driver that comes with Chromium. */
const softwareDrivers = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib64/chromium-browser/vk_swiftshader_icd.json'];

/** SwiftShader, a Vulkan driver that computes on the CPU: for tests where there is no graphics card. Undefined when Chromium is not installed. */
export const softwareDriver = (): string | undefined => softwareDrivers.find((path) => existsSync(path));

/**
 * WebGPU under Node, by the optional package `webgpu` (Dawn). Defines what browsers have globally: `navigator.gpu` and the constants
 * of the interface.
 * @throws WebGpuUnavailableError when the package is not installed or does not load.
 */
export async function nodeGpu({ driver, options = [] }: NodeGpuOptions = {}): Promise<GPU> {
  // The layer of Mesa that sorts devices looks for a desktop, and prints two lines of error where there is none.
  process.env.NODEVICE_SELECT ??= '1';
  if (driver !== undefined) useDriver(driver);
  const { create, globals } = await loadPackage();
  Object.assign(globalThis, globals);
  const gpu = driver === undefined && isLinux && !findsAdapter() ? noAdapters : create([...options]);
  const global = globalThis as { navigator?: object };
  if (global.navigator === undefined) Object.defineProperty(global, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(global.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

const isLinux = process.platform === 'linux';

/** An interface of a machine whose drivers have no device that will do. */
const noAdapters = { requestAdapter: async () => null } as unknown as GPU;

/**
 * Tell whether the drivers that the system finds have a device, in a process of its own: the loader and Dawn print to the standard error stream what
 * each driver lacks, which nobody can turn off.
 */
function findsAdapter(): boolean {
  const dawn = createRequire(import.meta.url).resolve('webgpu');
  const address = JSON.stringify(pathToFileURL(dawn).href);
  const script = `import(${address}).then(({ create }) => create([]).requestAdapter()).then((found) => process.exit(found ? 0 : 1))`;
  return spawnSync(process.execPath, ['-e', script], { stdio: 'ignore', timeout: 60_000 }).status === 0;
}

/** End the backends 'webgpu' and 'webgpu-stock' and let go of the device, for which the process would wait otherwise. Their tensors are gone. */
export function stopNodeGpu(): void {
  for (const name of ['webgpu', stockName]) if (engine().findBackendFactory(name) !== null) removeBackend(name);
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  delete navigator?.gpu;
}

const keepLoaded = 0x1000; // RTLD_NODELETE of Linux, which Node has no name for

/** Chromium brings a loader of drivers too. Dawn asks for one by its name alone, which finds what the process has already loaded. */
function useDriver(driver: string): void {
  process.env.VK_ICD_FILENAMES = driver;
  const loader = join(dirname(driver), 'libvulkan.so.1');
  if (!existsSync(loader)) return;
  try {
    process.dlopen({ exports: {} }, loader, constants.dlopen.RTLD_NOW | keepLoaded);
  } catch {
    // It is no addon, which Node finds out when it is loaded. Whether it works, the adapter shows.
  }
}

async function loadPackage(): Promise<{ create(options: string[]): GPU; globals: object }> {
  try {
    return await import('webgpu');
  } catch (error) {
    throw new WebGpuUnavailableError(
      `webgpu: the package 'webgpu', which brings WebGPU to Node, does not load (${(error as Error).message}); run: npm install webgpu`,
      { cause: error },
    );
  }
}
