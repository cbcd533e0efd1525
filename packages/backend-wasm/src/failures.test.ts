import { add, dispose, read, tensor, useBackend, zeros } from '@tract/tensor';
import { afterEach, describe, expect, test } from 'vitest';
import { chooseBuild, possibleBuilds, type WasmBuildName } from './builds.js';
import {
  registerWasmBackend,
  removeWasmBackend,
  setWasmThreads,
  WasmClosedError,
  WasmMemoryError,
  WasmUnavailableError,
  wasmInfo,
} from './index.js';
import { startKernels } from './start-kernels.js';
import { wasmMemory } from './wasm-memory.js';

const MiB = 2 ** 20;
const vector = (...values: number[]) => tensor(Float32Array.from(values), [values.length]);

describe.each(possibleBuilds())('$name', ({ name: build, shared }) => {
  afterEach(() => removeWasmBackend());

  test('memory grows to its limit; beyond it an error says so, and what was there goes on', async () => {
    await registerWasmBackend({ build, maxBytes: 64 * MiB, threads: 1 });
    await useBackend('wasm');
    const x = vector(1, 2, 3);
    const large = zeros([8 * MiB]); // floats: 32 MiB
    expect(() => add(large, large)).toThrow(WasmMemoryError);
    expect(wasmInfo().memoryBytes).toBeLessThanOrEqual(64 * MiB);
    dispose(large);
    const again = zeros([8 * MiB]);
    expect(await read(add(x, x))).toEqual(Float32Array.of(2, 4, 6));
    dispose(again);
  });

  test('a kernel that refuses its arguments, on any thread, leaves the module as it was', async () => {
    const kernels = await startKernels(chooseBuild(build));
    const memory = wasmMemory(kernels);
    const region = memory.allocate(4 * 64);
    const x = memory.at(region, 0, 64).floats.fill(2);
    for (const threads of shared ? [1, 3] : [1]) {
      kernels.threads(threads);
      await kernels.threadsStarted();
      const top = () =>
        kernels.replay(Float64Array.of(0, 2, 0, 0, 0, 64, 1, 0, 64), Array(threads).fill(x), [x, x], Float64Array.of(0, 64), 4);
      for (let call = 0; call < 3; call++) {
        expect(top).toThrow('operand 1 is too small');
        expect(() => kernels.run(0, [x], new Float64Array(1), 0)).toThrow('called with other arguments than it takes');
      }
    }
    kernels.close();
    expect(() => kernels.allocate(1)).toThrow(WasmClosedError);
  });

  test('a removed backend computes no more, and another can be registered', async () => {
    await registerWasmBackend({ build });
    await useBackend('wasm');
    const x = vector(1);
    removeWasmBackend();
    expect(() => add(x, x)).toThrow();
    expect(() => wasmInfo()).toThrow(WasmUnavailableError);
    await registerWasmBackend({ build });
    await useBackend('wasm');
    expect(await read(add(vector(1), vector(2)))).toEqual(Float32Array.of(3));
  });
});

test('what this engine cannot run is named, with what it can', async () => {
  const missing = (['relaxed-threads', 'simd-threads', 'simd'] as WasmBuildName[]).find(
    (name) => !possibleBuilds().some((build) => build.name === name),
  );
  if (missing !== undefined)
    await expect(registerWasmBackend({ build: missing })).rejects.toThrow(`cannot run the module '${missing}' (possible: `);
  await registerWasmBackend({ build: 'simd' });
  expect(wasmInfo().threads).toBe(1);
  expect(() => setWasmThreads(2)).toThrow(WasmUnavailableError);
  expect(() => setWasmThreads(0)).toThrow(RangeError);
  removeWasmBackend();
});
