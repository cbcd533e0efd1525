import { availableParallelism } from 'node:os';
import { useMatrixKernels } from '@tract/metrics';
import { useBackend } from '@tract/tensor';
import { backendError } from '../errors.js';
import type { Io } from '../io.js';
import type { ComputeOptions } from '../options/common-options.js';
import { atEnd } from './at-end.js';
import { registerTensorFlow } from './tensorflow.js';
import { startWebGpu } from './webgpu.js';

/** Backend, as results report it. */
export type Backend = {
  readonly name: 'native' | 'cpu' | 'tensorflow' | 'webgpu';
  /** Threads of the processor; absent if a device computes. */
  readonly threads?: number;
  readonly instructions?: string;
  /** Device in its driver's words; absent if the processor computes. */
  readonly device?: string;
};

/** Describe a backend in words. */
export const backendWords = ({ name, threads, instructions, device }: Backend): string =>
  `${name}${instructions ? ` (${instructions})` : ''}${device ? ` on ${device}` : ` with ${threads} threads`}`;

/**
 * Start the native backend, or plain JavaScript where it is not there and was not asked for by name (with a word on stderr: it is
 * hundreds of times slower).
 * @throws CliError (backend missing) when --backend names one that does not start.
 */
export async function startBackend(io: Io, { backend, threads, silent }: ComputeOptions): Promise<Backend> {
  if (backend === 'tensorflow') return startTensorFlow();
  if (backend === 'cpu') return startCpu();
  if (backend === 'webgpu') return startDevice();
  try {
    return await startNative(threads);
  } catch (error) {
    const reason = (error as Error).message;
    if (backend === 'native')
      throw backendError(`the native backend is not available: ${reason}; run \`npm run build\`, or use --backend cpu`, error);
    if (!silent)
      io.err(`the native backend is not available (${reason}); using the plain JavaScript backend, which is hundreds of times slower\n`);
    return startCpu();
  }
}

async function startNative(threads: number = availableParallelism()): Promise<Backend> {
  const { nativeInfo, nativeMatrixKernels, registerNativeBackend } = await import('@tract/backend-native');
  registerNativeBackend({ threads });
  await useBackend('native');
  useMatrixKernels(nativeMatrixKernels());
  const info = nativeInfo();
  return { name: 'native', threads: info.threads, instructions: info.instructionSet };
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

/** The float64 work of scores, which no device does: where the native kernels are not built, plain JavaScript does it. */
async function computeMatricesNatively(): Promise<void> {
  const { NativeUnavailableError, nativeMatrixKernels } = await import('@tract/backend-native');
  try {
    useMatrixKernels(nativeMatrixKernels());
  } catch (error) {
    if (!(error instanceof NativeUnavailableError)) throw error;
  }
}
