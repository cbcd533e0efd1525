import { conv2d, dispose, noise, read, useBackend } from '@tract/tensor';
import { registerWasmBackend, setWasmThreads, wasmInfo } from '../index.js';

async function convolved(): Promise<number[]> {
  const x = noise({ seed: 1, samples: [0, 1, 2, 3], shape: [16, 16, 32] });
  const filter = noise({ seed: 2, samples: [0, 1, 2], shape: [3, 32, 32] });
  const y = conv2d(x, filter);
  const values = Array.from(await read(y));
  dispose([x, filter, y]);
  return values;
}

const threads = globalThis.crossOriginIsolated ? 3 : 1;
await registerWasmBackend({ threads });
await useBackend('wasm');
const values = await convolved();
const info = wasmInfo();
setWasmThreads(1);
const alone = await convolved();
globalThis.postMessage({
  info,
  count: values.length,
  finite: values.every(Number.isFinite),
  same: values.every((value, i) => value === alone[i]),
});
