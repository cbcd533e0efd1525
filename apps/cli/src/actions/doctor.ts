import { freemem } from 'node:os';
import { conv2d, dispose, noise, type Tensor } from '@tract/tensor';
import { machine } from '@tract/train/node';
import { type Backend, backendWords, startBackend } from '../computing/backend.js';
import { nativeInstructionSets } from '../computing/native-info.js';
import { registerTensorFlow } from '../computing/tensorflow.js';
import { startWebGpu } from '../computing/webgpu.js';
import { type Io, report } from '../io.js';
import type { ComputeOptions } from '../options/common-options.js';

export type DoctorOptions = ComputeOptions & { readonly json?: boolean };

type Found = { readonly name: string; readonly available: boolean; readonly detail: string };

async function findBackends(): Promise<Found[]> {
  const native = await nativeInstructionSets();
  return [
    {
      name: 'native',
      available: native.sets !== undefined,
      detail: native.sets ? `C++ kernels for ${native.sets.join(', ')}` : native.reason!,
    },
    { name: 'cpu', available: true, detail: 'plain JavaScript, hundreds of times slower than native' },
    await findOut('tensorflow', registerTensorFlow),
    await findOut('webgpu', async () => {
      const { description, stop } = await startWebGpu();
      stop();
      return description;
    }),
  ];
}

/** What `--backend` with that name would compute on, or what it would say. */
async function findOut(name: string, start: () => Promise<string>): Promise<Found> {
  try {
    return { name, available: true, detail: await start() };
  } catch (error) {
    return { name, available: false, detail: (error as Error).message.replace(`${name}: `, '') };
  }
}

type Speed = { readonly gflops: number; readonly shape: string };

/** One 3x3 convolution, best of the runs that fit into about a second. */
async function convolutionSpeed({ name }: Backend): Promise<Speed> {
  const [batch, side, channels] = name === 'cpu' ? [1, 14, 16] : [32, 28, 64];
  const x = noise({ seed: 0, samples: { first: 0, count: batch }, shape: [side, side, channels] });
  const filter = noise({ seed: 1, samples: { first: 0, count: 3 }, shape: [3, channels, channels] });
  const flops = 2 * batch * side * side * channels * channels * 9;
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + 1000;
  for (let runs = 0; runs < 3 || performance.now() < until; runs++) best = Math.min(best, await timed(() => conv2d(x, filter)));
  dispose([x, filter]);
  return {
    gflops: Number((flops / best / 1e6).toPrecision(3)),
    shape: `3x3, ${channels} to ${channels} channels, ${batch} images of ${side}x${side}`,
  };
}

/** Milliseconds, result included. */
async function timed(work: () => Tensor): Promise<number> {
  const started = performance.now();
  const result = work();
  await result.data();
  const ms = performance.now() - started;
  dispose(result);
  return ms;
}

export async function doctor(io: Io, options: DoctorOptions): Promise<void> {
  const backends = await findBackends();
  const backend = await startBackend(io, { silent: true, ...options });
  const convolution = await convolutionSpeed(backend);
  const { memoryBytes, ...host } = machine();
  const value = {
    ...host,
    memory: { total: memoryBytes, free: freemem() },
    backends,
    chosen: backend,
    convolution,
  };
  report(io, options.json === true, value, [
    `Node        ${value.node} on ${value.platform}`,
    `Processor   ${value.processor}, ${value.cores} cores`,
    `Memory      ${gigabytes(value.memory.total)}, ${gigabytes(value.memory.free)} free`,
    ...backends.map(({ name, available, detail }) => `${available ? 'Backend    ' : 'No backend '} ${name}: ${detail}`),
    `Chosen      ${backendWords(backend)}`,
    `Convolution ${convolution.gflops} GFLOP/s (${convolution.shape})`,
  ]);
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
