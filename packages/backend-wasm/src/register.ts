import { matrixKernelsOf, NativeBackend, type NativeMatrixKernels, registerKernels, tableText } from '@tract/backend-native/portable';
import { engine, registerBackend, removeBackend } from '@tract/tensor/core';
import { chooseBuild, possibleBuilds, type WasmBuild, type WasmBuildName } from './builds.js';
import { WasmUnavailableError } from './errors.js';
import { underNode, wasmFeatures } from './features.js';
import { startKernels } from './start-kernels.js';
import type { WasmKernels } from './wasm-kernels.js';
import { type Region, wasmMemory } from './wasm-memory.js';

export type WasmOptions = {
  /**
   * Threads that share the work of a kernel, the calling one included. More than one need Node or an isolated page (`crossOriginIsolated`).
   * Default: the processor's number, or 1 where threads cannot be had or do not start (a content security policy may forbid them).
   */
  readonly threads?: number;
  /** One of `wasmInfo().builds`. Default: the best one. */
  readonly build?: WasmBuildName;
  /** Most memory that tensors and kernels may take, in bytes. Default: 4 GiB. */
  readonly maxBytes?: number;
};

/** What computes. */
export type WasmInfo = {
  readonly build: WasmBuildName;
  /** Modules that this engine can run, best first. */
  readonly builds: readonly WasmBuildName[];
  readonly threads: number;
  /** Bytes of the module's memory so far. */
  readonly memoryBytes: number;
};

class WasmBackend extends NativeBackend<Region> {
  constructor(private readonly kernels: WasmKernels) {
    super(kernels, wasmMemory(kernels));
  }

  override dispose(): void {
    super.dispose();
    this.kernels.close();
  }
}

type Running = { readonly build: WasmBuild; readonly kernels: WasmKernels };

let running: Running | undefined;
let kernelsRegistered = false;

function requireThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new RangeError(`backend-wasm: threads must be an integer from 1 to 256, got ${count}`);
  }
  if (count > 1 && !(wasmFeatures().threads && running?.build.shared !== false)) {
    throw new WasmUnavailableError(
      'backend-wasm: threads need memory that can be shared: under Node, or in a page that is isolated (headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp)',
    );
  }
}

const processors = (): number =>
  underNode ? process.getBuiltinModule('node:os').availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1);

async function start({ build, maxBytes }: WasmOptions): Promise<Running> {
  const chosen = chooseBuild(build);
  const kernels = await startKernels(chosen, maxBytes);
  if (kernels.kernelTable() !== tableText)
    throw new WasmUnavailableError(
      "backend-wasm: the modules were built from other kernels; run 'npm run build:wasm -w @tract/backend-wasm'",
    );
  if (!kernelsRegistered) registerKernels('wasm');
  kernelsRegistered = true;
  registerBackend('wasm', () => new WasmBackend(kernels), 2);
  return { build: chosen, kernels };
}

/**
 * Register the backend 'wasm'; `useBackend('wasm')` of the tensor package then makes it the active one. Called again, it only changes the number of threads if
 * it is given; after `removeWasmBackend` it starts anew.
 * @throws WasmUnavailableError when this engine lacks what is needed, or has no threads and several are asked for; RangeError for a number of threads that cannot be.
 */
export async function registerWasmBackend(options: WasmOptions = {}): Promise<void> {
  const first = running === undefined;
  running ??= await start(options);
  const { threads = first ? defaultThreads(running.build) : undefined } = options;
  if (threads === undefined) return;
  setWasmThreads(threads);
  try {
    await running.kernels.threadsStarted();
  } catch (error) {
    setWasmThreads(1);
    if (options.threads !== undefined) throw error;
  }
}

const defaultThreads = ({ shared }: WasmBuild): number => (shared && wasmFeatures().threads ? processors() : 1);

/** Set how many threads share the work of a kernel. Results do not depend on it. @throws as registerWasmBackend does. */
export function setWasmThreads(count: number): void {
  requireThreads(count);
  registered().kernels.threads(count);
}

/** Remove the backend with all its tensors, and end its threads. */
export function removeWasmBackend(): void {
  if (running === undefined) return;
  if (engine().findBackendFactory('wasm') !== null) removeBackend('wasm');
  running.kernels.close();
  running = undefined;
}

/** @throws WasmUnavailableError when the backend is not registered. */
export function wasmInfo(): WasmInfo {
  const { build, kernels } = registered();
  const builds = possibleBuilds().map(({ name }) => name);
  return { build: build.name, builds, threads: kernels.threads(), memoryBytes: kernels.memory.buffer.byteLength };
}

/** The matrix work in float64 of scores, on the threads that are set. @throws WasmUnavailableError when the backend is not registered. */
export const wasmMatrixKernels = (): NativeMatrixKernels => matrixKernelsOf(registered().kernels);

function registered(): Running {
  if (running === undefined) throw new WasmUnavailableError("backend-wasm: not registered; call 'await registerWasmBackend()' first");
  return running;
}
