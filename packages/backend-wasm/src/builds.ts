import { WasmUnavailableError } from './errors.js';
import { underNode, wasmFeatures } from './features.js';

/** The compiled modules, best first, by what they need of the engine. */
export const builds = [
  { name: 'relaxed-threads', relaxed: true, shared: true, url: new URL('../wasm/relaxed-threads.wasm', import.meta.url) },
  { name: 'simd-threads', relaxed: false, shared: true, url: new URL('../wasm/simd-threads.wasm', import.meta.url) },
  { name: 'simd', relaxed: false, shared: false, url: new URL('../wasm/simd.wasm', import.meta.url) },
] as const;

export type WasmBuild = (typeof builds)[number];

/** Name of a compiled module. */
export type WasmBuildName = WasmBuild['name'];

/** Return the modules that this engine can run, best first. */
export function possibleBuilds(): readonly WasmBuild[] {
  const { simd, relaxedSimd, sharedMemory } = wasmFeatures();
  return builds.filter(({ relaxed, shared }) => simd && (!relaxed || relaxedSimd) && (!shared || sharedMemory));
}

/** Return the module of that name, or the best one. @throws WasmUnavailableError when this engine cannot run it. */
export function chooseBuild(name?: WasmBuildName): WasmBuild {
  const possible = possibleBuilds();
  const chosen = name === undefined ? possible[0] : possible.find((build) => build.name === name);
  if (chosen !== undefined) return chosen;
  const known = possible.map((build) => build.name).join(', ') || 'none';
  throw new WasmUnavailableError(
    `backend-wasm: this engine cannot run ${name === undefined ? 'WebAssembly with SIMD' : `the module '${name}'`} (possible: ${known})`,
  );
}

/** Read and compile a module: from the file system under Node, by `fetch` elsewhere. @throws WasmUnavailableError when it cannot be read. */
export async function compileBuild({ url }: WasmBuild): Promise<WebAssembly.Module> {
  if (underNode && url.protocol === 'file:') return new WebAssembly.Module(process.getBuiltinModule('node:fs').readFileSync(url));
  const response = await fetch(url);
  if (!response.ok)
    throw new WasmUnavailableError(`backend-wasm: ${url} cannot be read (${response.status}); it belongs beside the program`);
  // As it comes, where the server says what it is.
  const known = response.headers.get('content-type') === 'application/wasm';
  return known ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}
