import { freemem } from 'node:os';
import { convolutionSpeed } from '@tract/benchmarks';
import { mpiHere, mpiWords } from '@tract/distributed/node';
import { machine } from '@tract/train/node';
import { backendWords, startBackend } from '../computing/backend.js';
import { nativeBinary } from '../computing/native-info.js';
import { registerTensorFlow } from '../computing/tensorflow.js';
import { startWasm } from '../computing/wasm.js';
import { startWebGpu } from '../computing/webgpu.js';
import { type Io, report } from '../io.js';
import type { ComputeOptions } from '../options/common-options.js';

export type DoctorOptions = ComputeOptions & { readonly json?: boolean };

type Found = { readonly name: string; readonly available: boolean; readonly detail: string };

async function findBackends(): Promise<Found[]> {
  const native = await nativeBinary();
  return [
    {
      name: 'native',
      available: native.sets !== undefined,
      detail: native.sets ? `C++ kernels for ${native.sets.join(', ')}; ${native.binary}` : native.reason!,
    },
    await findOut('wasm', async () => {
      const { build, threads } = await startWasm();
      return `the same kernels as WebAssembly (${build}), ${threads} threads`;
    }),
    { name: 'cpu', available: true, detail: 'plain JavaScript, hundreds of times slower than native' },
    await findOut('tensorflow', registerTensorFlow),
    await findOut('webgpu', async () => {
      const { description, stop } = await startWebGpu();
      stop();
      return description;
    }),
  ];
}

/** Return the device of `--backend` with that name, or the reason why there is none. */
async function findOut(name: string, start: () => Promise<string>): Promise<Found> {
  try {
    return { name, available: true, detail: await start() };
  } catch (error) {
    return { name, available: false, detail: (error as Error).message.replace(`${name}: `, '') };
  }
}

export async function doctor(io: Io, options: DoctorOptions): Promise<void> {
  const backends = await findBackends();
  const backend = await startBackend(io, { silent: true, ...options });
  const convolution = await convolutionSpeed(backend.name === 'cpu' ? { batch: 1, side: 14, channels: 16 } : undefined);
  const { memoryBytes, ...host } = machine();
  const mpi = mpiHere();
  const value = {
    ...host,
    memory: { total: memoryBytes, free: freemem() },
    backends,
    chosen: backend,
    convolution,
    mpi,
  };
  report(io, options.json === true, value, [
    `Node        ${value.node} on ${value.platform}`,
    `Processor   ${value.processor}, ${value.cores} cores`,
    `Memory      ${gigabytes(value.memory.total)}, ${gigabytes(value.memory.free)} free`,
    ...backends.map(({ name, available, detail }) => `${available ? 'Backend    ' : 'No backend '} ${name}: ${detail}`),
    `MPI         ${mpiWords(mpi)}`,
    `Chosen      ${backendWords(backend)}`,
    `Convolution ${convolution.gflops} GFLOP/s (${convolution.shape})`,
  ]);
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
