import { registerWasmBackend, wasmInfo } from '@tract/backend-wasm';
import { registerWebGpuBackend } from '@tract/backend-webgpu';
import { useBackend } from '@tract/tensor';

/** Description of the backend for the visitor. */
export type Running = {
  readonly name: 'webgpu' | 'wasm' | 'cpu';
  readonly words: string;
  /** False where a thousand network calls would try one's patience. */
  readonly fast: boolean;
  /** Description of the device by itself. */
  readonly details: readonly (readonly [term: string, value: string])[];
};

async function startWebGpu(): Promise<Running> {
  const info = await registerWebGpuBackend();
  await useBackend('webgpu');
  const adapter = [info.description, info.vendor, info.architecture].filter((text) => text !== '').join(', ');
  return {
    name: 'webgpu',
    words: info.software ? 'WebGPU is here, but in software, without a graphics card: slow.' : 'Computing on WebGPU.',
    fast: !info.software,
    details: [
      ['Backend', 'WebGPU, with kernels of our own'],
      ['Adapter', adapter || 'hidden by this browser'],
      ['Largest buffer', `${Math.round(info.maxBufferBytes / 2 ** 20)} MiB`],
      ['Features', info.features.join(', ') || 'none'],
    ],
  };
}

async function startWasm(): Promise<Running> {
  await registerWasmBackend();
  await useBackend('wasm');
  const { build, threads } = wasmInfo();
  return {
    name: 'wasm',
    words: 'No WebGPU here, so this computes on the processor, in WebAssembly.',
    fast: true,
    details: [
      ['Backend', 'WebAssembly, with kernels of our own'],
      ['Module', build],
      ['Threads', threads === 1 ? '1 (this page is not isolated, or has one processor)' : `${threads}`],
    ],
  };
}

async function startCpu(): Promise<Running> {
  await import('@tensorflow/tfjs-backend-cpu');
  await useBackend('cpu');
  return {
    name: 'cpu',
    words: 'No WebGPU here and no WebAssembly with SIMD, so this computes on the processor, in JavaScript: have patience.',
    fast: false,
    details: [['Backend', 'JavaScript']],
  };
}

/** The best backend that starts, or the one asked for by `?backend=`. @throws Error with the reasons when none does. */
export async function startBackend(asked: string | null): Promise<Running> {
  const ways = { webgpu: startWebGpu, wasm: startWasm, cpu: startCpu };
  const reasons: string[] = [];
  for (const [name, start] of Object.entries(ways)) {
    if (asked !== null && asked !== name) continue;
    try {
      return await start();
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new Error(`Nothing here can compute. ${reasons.join('; ')}`);
}
