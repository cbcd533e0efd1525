import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

type Factory = (options: Record<string, unknown>) => unknown;

/**
 * Start a decoder of libjpeg or libwebp as WebAssembly from a file of its package. Its exports are there as soon as the factory returns: nothing is
 * fetched. `say` is told each line that it prints.
 */
export function startWasmDecoder<Module>(factory: unknown, wasmFile: string, say: (line: string) => void): Module {
  const wasm = new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve(wasmFile)));
  const options = {
    noInitialRun: true,
    instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): WebAssembly.Exports => {
      const instance = new WebAssembly.Instance(wasm, imports);
      done(instance);
      return instance.exports;
    },
    printErr: say,
  };
  void (factory as Factory)(options);
  return options as unknown as Module;
}
