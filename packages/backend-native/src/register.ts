import { engine, registerBackend } from '@tract/tensor/core';
import { availableThreads } from './available-threads.js';
import { NativeBackend } from './backend.js';
import { arrayMemory } from './float-memory.js';
import { registerKernels } from './kernels/index.js';
import { type AddonPlace, type LoadedAddon, loadAddon, type RejectedAddon } from './load-addon.js';
import { matrixKernelsOf, type NativeMatrixKernels } from './matrix-kernels.js';

export type NativeOptions = {
  /** Threads that share the work of a kernel, the calling one included. Default: `availableThreads()`. */
  readonly threads?: number;
  /** One of `nativeInfo().instructionSets`. Default: the best one. */
  readonly instructionSet?: string;
};

/** The addon in use. */
export type NativeInfo = {
  readonly instructionSet: string;
  /** Those that were compiled and that this processor has, best first. */
  readonly instructionSets: readonly string[];
  readonly threads: number;
  readonly addonPath: string;
  /** The compiler that made the addon, with its version. */
  readonly compiler: string;
  readonly origin: AddonPlace['origin'];
  /** Binaries that were there and did not load, each named once on stderr as well. */
  readonly rejected: readonly RejectedAddon[];
};

type Registered = LoadedAddon & { instructionSet: string };

let loaded: Registered | undefined;

function registerOnce(): Registered {
  if (loaded !== undefined) return loaded;
  const found = loadAddon();
  const { addon, rejected, path } = found;
  for (const other of rejected)
    process.emitWarning(`cannot load ${other.path} (${other.reason}); using ${path}`, { type: 'TractWarning', code: 'TRACT_ADDON' });
  const state = { ...found, instructionSet: addon.useInstructionSet() };
  registerKernels('native');
  registerBackend('native', () => new NativeBackend(addon, arrayMemory(addon)), 3);
  loaded = state;
  return state;
}

/**
 * Register the backend 'native'; `useBackend('native')` of the tensor package then makes it the active one. Called again, it
 * changes the options that are given alone.
 * @throws NativeUnavailableError when the addon is not built; RangeError for an instruction set or a number of threads that cannot be.
 */
export function registerNativeBackend({ threads, instructionSet }: NativeOptions = {}): void {
  const first = loaded === undefined;
  const state = registerOnce();
  if (instructionSet !== undefined) {
    const known = state.addon.instructionSets();
    if (!known.includes(instructionSet)) {
      throw new RangeError(
        `registerNativeBackend: instructionSet must be one of ${known.join(', ')} on this machine, got '${instructionSet}'`,
      );
    }
    state.instructionSet = state.addon.useInstructionSet(instructionSet);
  }
  if (threads !== undefined || first) setThreads(threads ?? availableThreads());
}

/** Return the addon's matrix work in float64, on the threads that are set. @throws NativeUnavailableError when the addon is not built. */
export const nativeMatrixKernels = (): NativeMatrixKernels => matrixKernelsOf(registerOnce().addon);

/** Set how many threads share the work of a kernel. Results do not depend on it. */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new RangeError(`setThreads: expected an integer from 1 to 256, got ${count}`);
  }
  registerOnce().addon.threads(count);
}

/** Return what the backend runs on. @throws NativeUnavailableError when the addon is not built. */
export function nativeInfo(): NativeInfo {
  const { addon, instructionSet, path, origin, rejected } = registerOnce();
  return {
    instructionSet,
    instructionSets: addon.instructionSets(),
    threads: addon.threads(),
    addonPath: path,
    compiler: addon.compiler(),
    origin,
    rejected,
  };
}

/** Return idle pooled memory to the system, for instance between two tasks of different sizes. */
export function releaseIdleMemory(): void {
  const backend = engine().findBackend('native');
  if (backend instanceof NativeBackend) backend.pool.trim();
}
