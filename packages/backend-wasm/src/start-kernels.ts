import { compileBuild, type WasmBuild } from './builds.js';
import { WasmUnavailableError } from './errors.js';
import type { WasmExports } from './wasm-exports.js';
import { WasmKernels } from './wasm-kernels.js';

const page = 2 ** 16;
const initial = 32; // pages: what the modules are linked for
const most = 65535; // pages: 4 GiB but for the last one

/** Memory that can grow up to so many pages. Shared memory needs room for all of them from the beginning: where that is not to be had, for half as many. */
function memoryOf(shared: boolean, maximum: number): WebAssembly.Memory {
  if (!shared) return new WebAssembly.Memory({ initial, maximum });
  for (let pages = maximum; ; pages = Math.floor(pages / 2)) {
    try {
      return new WebAssembly.Memory({ initial, maximum: pages, shared });
    } catch (error) {
      if (pages < 4096) throw new WasmUnavailableError(`backend-wasm: there is no room for shared memory (${(error as Error).message})`);
    }
  }
}

/** Compile a module and start it, with one thread and memory of at most so many bytes. @throws WasmUnavailableError */
export async function startKernels(build: WasmBuild, maxBytes = most * page): Promise<WasmKernels> {
  const module = await compileBuild(build);
  const memory = memoryOf(build.shared, Math.min(most, Math.floor(maxBytes / page)));
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const wasm = exports as unknown as WasmExports;
  wasm._initialize();
  wasm.start();
  return new WasmKernels(module, memory, wasm);
}
