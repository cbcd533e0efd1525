import { useMatrixKernels } from '@tract/metrics';
import { useBackend } from '@tract/tensor';
import { backendError, CliError, usageError } from '../errors.js';
import type { Io } from '../io.js';
import type { ComputeOptions } from '../options/common-options.js';
import { atEnd } from './at-end.js';
import { registerTensorFlow } from './tensorflow.js';
import { startWasm } from './wasm.js';
import { startWebGpu } from './webgpu.js';

/** Backend, as results report it. */
export type Backend = {
  readonly name: 'native' | 'wasm' | 'cpu' | 'tensorflow' | 'webgpu';
  /** Threads of the processor; absent if a device computes. */
  readonly threads?: number;
  /** Instruction set, or the build of WebAssembly. */
  readonly instructions?: string;
  /** Compiler of native kernels. */
  readonly compiler?: string;
  /** Device in its driver's words; absent if the processor computes. */
  readonly device?: string;
};

/** Describe a backend in words. */
export const backendWords = ({ name, threads, instructions, device }: Backend): string =>
  `${name}${instructions ? ` (${instructions})` : ''}${device ? ` on ${device}` : ` with ${threads} threads`}`;

let started: Backend | undefined;

/** Return the backend that was started last. */
export const startedBackend = (): Backend | undefined => started;

/** Say what the bits of results depend on: the backend and its instruction set, or its device. */
export const computingWords = ({ name, instructions, device }: Backend): string => [name, instructions ?? device].filter(Boolean).join(' ');

/** Start a backend as `--backend`, `--threads` and `--instruction-set` ask. @throws CliError as `start` does. */
export async function startBackend(io: Io, options: ComputeOptions): Promise<Backend> {
  started = await start(io, options);
  return started;
}

/**
 * Start the backend that was asked for by name. Without a name: the native one, else WebAssembly, else plain JavaScript, each with a word on stderr that says why
 * it is not the one before.
 * @throws CliError (backend missing) when --backend names one that does not start, (usage) for an instruction set that it does not have here.
 */
async function start(io: Io, { backend, threads, instructionSet, silent }: ComputeOptions): Promise<Backend> {
  if (instructionSet !== undefined && ['tensorflow', 'cpu', 'webgpu'].includes(backend ?? ''))
    throw usageError(`--instruction-set: --backend ${backend} has none to choose from; native and wasm have`);
  if (backend === 'tensorflow') return startTensorFlow();
  if (backend === 'cpu') return startCpu();
  if (backend === 'webgpu') return startDevice();
  if (backend === 'wasm') return startWebAssembly(threads, instructionSet);
  const instead = (missing: string, error: unknown, next: string): void => {
    if (!silent) io.err(`the ${missing} backend is not available (${(error as Error).message}); using ${next}\n`);
  };
  try {
    return await startNative(threads, instructionSet);
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (backend === 'native')
      throw backendError(
        `the native backend is not available: ${(error as Error).message}; run \`npm run build\`, or use --backend wasm`,
        error,
      );
    instead('native', error, 'WebAssembly, which is slower');
  }
  try {
    return await startWebAssembly(threads, instructionSet);
  } catch (error) {
    if (instructionSet !== undefined) throw error;
    instead('WebAssembly', error, 'plain JavaScript, which is hundreds of times slower');
  }
  return startCpu();
}

async function startNative(threads?: number, instructionSet?: string): Promise<Backend> {
  const { availableThreads, nativeInfo, nativeMatrixKernels, registerNativeBackend } = await import('@tract/backend-native');
  const { instructionSets } = nativeInfo();
  if (instructionSet !== undefined && !instructionSets.includes(instructionSet))
    throw usageError(`--instruction-set ${instructionSet}: the native backend has ${instructionSets.join(', ')} here`);
  registerNativeBackend({ threads: threads ?? availableThreads(), instructionSet: instructionSet ?? instructionSets[0] });
  await useBackend('native');
  useMatrixKernels(nativeMatrixKernels());
  const info = nativeInfo();
  return { name: 'native', threads: info.threads, instructions: info.instructionSet, compiler: info.compiler };
}

async function startWebAssembly(wanted?: number, wantedBuild?: string): Promise<Backend> {
  const { build, threads, matrixKernels } = await startWasm(wanted, wantedBuild);
  await useBackend('wasm');
  useMatrixKernels(matrixKernels);
  return { name: 'wasm', threads, instructions: build };
}

async function startTensorFlow(): Promise<Backend> {
  await computeMatricesNatively(); // first: both bring the stock CPU kernels, and TensorFlow's are registered without a word
  const device = await registerTensorFlow();
  await useBackend('tensorflow');
  return { name: 'tensorflow', device };
}

async function startCpu(): Promise<Backend> {
  await import('@tensorflow/tfjs-backend-cpu');
  await useBackend('cpu');
  return { name: 'cpu', threads: 1 };
}

async function startDevice(): Promise<Backend> {
  const { description, stop } = await startWebGpu();
  atEnd(stop);
  await useBackend('webgpu');
  await computeMatricesNatively();
  return { name: 'webgpu', device: description };
}

/** Have the native kernels do the float64 work of scores, which no device does; where they are not built, WebAssembly. */
async function computeMatricesNatively(): Promise<void> {
  const { NativeUnavailableError, nativeMatrixKernels } = await import('@tract/backend-native');
  try {
    useMatrixKernels(nativeMatrixKernels());
  } catch (error) {
    if (!(error instanceof NativeUnavailableError)) throw error;
    useMatrixKernels((await startWasm()).matrixKernels);
  }
}
