import { registerWasmBackend, removeWasmBackend, wasmFeatures, wasmInfo } from '@tract/backend-wasm';
import { conv2d, dispose, read, tensor, useBackend } from '@tract/tensor';

/** Description of the backend for the visitor. */
export type Running = {
  readonly name: BackendName;
  readonly words: string;
  /** Shortest description for a row of measurements. */
  readonly short: string;
  /** False where a thousand network calls would try one's patience. */
  readonly fast: boolean;
  /** Description of the device by itself. */
  readonly details: readonly (readonly [term: string, value: string])[];
};

type BackendName = 'webgpu' | 'wasm' | 'cpu';

/** A backend that can compute already. */
export type Started = Pick<Running, 'name' | 'fast'> & {
  /** Tell what computes, once all of it has started. */
  readonly described: () => Promise<Running>;
};

const startedAs = (running: Running): Started => ({ name: running.name, fast: running.fast, described: async () => running });

async function startWebGpu(): Promise<Started> {
  if (!('gpu' in navigator)) throw new Error('this browser has none');
  const { registerWebGpuBackend } = await import('@tract/backend-webgpu'); // half of the program; where it is not used it stays away
  const info = await registerWebGpuBackend();
  const adapter = [info.description, info.vendor, info.architecture].filter((text) => text !== '').join(', ');
  return startedAs({
    name: 'webgpu',
    words: info.software ? 'Computing on WebGPU in software, without a graphics card: slow.' : 'Computing on WebGPU.',
    short: `WebGPU (${adapter || 'adapter hidden'})`,
    fast: !info.software,
    details: [
      ['Backend', 'WebGPU, with kernels of our own'],
      ['Adapter', adapter || 'hidden by this browser'],
      ['Largest buffer', `${Math.round(info.maxBufferBytes / 2 ** 20)} MiB`],
      ['Features', info.features.join(', ') || 'none'],
    ],
  });
}

async function startWasm(): Promise<Started> {
  await registerWasmBackend({ threads: 1 });
  // The others join in when they have started; no picture waits for them. Where they do not start it remains at one.
  const joined = wasmFeatures().threads ? registerWasmBackend({ threads: navigator.hardwareConcurrency }).catch(() => {}) : undefined;
  return {
    name: 'wasm',
    fast: true,
    described: async () => {
      await joined;
      return describeWasm();
    },
  };
}

function describeWasm(): Running {
  const { build, threads } = wasmInfo();
  return {
    name: 'wasm',
    words: `Computing on the processor, in WebAssembly${threads > 1 ? ` with ${threads} threads` : ''}.`,
    short: `WebAssembly (${build}, ${threads === 1 ? '1 thread' : `${threads} threads`})`,
    fast: true,
    details: [
      ['Backend', 'WebAssembly, with kernels of our own'],
      ['Module', build],
      ['Threads', threads === 1 ? '1 (this page is not isolated, or has one processor)' : `${threads}`],
    ],
  };
}

async function startCpu(): Promise<Started> {
  await import('@tensorflow/tfjs-backend-cpu');
  return startedAs({
    name: 'cpu',
    words: 'No WebGPU here and no WebAssembly with SIMD, so this computes on the processor, in JavaScript: have patience.',
    short: 'JavaScript',
    fast: false,
    details: [['Backend', 'JavaScript']],
  });
}

const ways: Readonly<Record<BackendName, () => Promise<Started>>> = { webgpu: startWebGpu, wasm: startWasm, cpu: startCpu };

/**
 * Start the backend asked for by `?backend=`, or else the faster one of WebGPU and WebAssembly, by a convolution on each: a driver that computes
 * in software is slower than WebAssembly, and does not always say so.
 * @throws Error with the reasons when none starts.
 */
export async function startBackend(asked: string | null): Promise<Started> {
  const reasons: string[] = [];
  const start = async (name: string): Promise<Started[]> => {
    try {
      return Object.hasOwn(ways, name) ? [await ways[name as BackendName]()] : [];
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`);
      return [];
    }
  };
  const best = (await Promise.all((asked === null ? ['webgpu', 'wasm'] : [asked]).map(start))).flat();
  // What says itself that it is slow is not timed beside what is not.
  const started = best.some(({ fast }) => fast) ? best.filter(({ fast }) => fast) : best;
  if (started.length === 0 && asked === null) started.push(...(await start('cpu')));
  if (started.length === 0) throw new Error(`Nothing here can compute. ${reasons.join('; ')}`);
  if (started.length > 1) return faster(started);
  await useBackend(started[0].name);
  return started[0];
}

/** @returns the backend that convolves fastest, active, with the measured times among its details. */
async function faster(started: readonly Started[]): Promise<Started> {
  const timed: { readonly one: Started; readonly ms: number }[] = [];
  for (const one of started) timed.push({ one, ms: await convolutionMs(one.name) });
  timed.sort((a, b) => a.ms - b.ms);
  const { one } = timed[0];
  await useBackend(one.name);
  if (one.name !== 'wasm') removeWasmBackend();
  const times = timed.map(({ one: { name }, ms }) => `${name} ${ms.toPrecision(2)} ms`).join(', ');
  const described = async (): Promise<Running> => {
    const running = await one.described();
    return { ...running, details: [...running.details, ['Chosen by', `a convolution of 231 million multiply-adds: ${times}`]] };
  };
  return { ...one, described };
}

/** Milliseconds of a convolution of the sizes that digits have inside the network, the best of three after one to warm up, reading back included. */
async function convolutionMs(name: BackendName): Promise<number> {
  await useBackend(name);
  const x = tensor(new Float32Array(32 * 28 * 28 * 32).fill(0.5), [32, 28, 28, 32]);
  const kernel = tensor(new Float32Array(9 * 32 * 32).fill(0.1), [3, 3, 32, 32]);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    const started = performance.now();
    const y = conv2d(x, kernel);
    await read(y);
    if (run > 0) best = Math.min(best, performance.now() - started);
    dispose(y);
  }
  dispose([x, kernel]);
  return best;
}
