import { registerNativeBackend } from '@tract/backend-native';
import { expectSameTractRun, tractRun } from '@tract/distill/testing';
import { noise, read, useBackend } from '@tract/tensor';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { possibleBuilds } from './builds.js';
import { registerWasmBackend, removeWasmBackend, setWasmThreads } from './index.js';

describe.each(possibleBuilds())('$name', ({ name: build, shared }) => {
  beforeAll(async () => {
    registerNativeBackend();
  });
  afterEach(() => removeWasmBackend());

  test('twenty steps of TRACT and images drawn by DDIM are those of the native backend, to the bit on any number of threads', async () => {
    await registerWasmBackend({ build, threads: 1 });
    await useBackend('wasm');
    const one = await tractRun();
    if (shared) {
      for (const threads of [2, 3]) {
        setWasmThreads(threads);
        expect(await tractRun()).toEqual(one);
      }
    }
    await useBackend('native');
    expectSameTractRun(one, await tractRun());
  });

  test('noise has the bits of the native backend', async () => {
    const drawn = async (backend: string): Promise<Float32Array> => {
      await useBackend(backend);
      return read(noise({ seed: 7, step: 3, samples: [0, 5, 2 ** 31], shape: [33, 31, 3] }));
    };
    await registerWasmBackend({ build });
    expect(await drawn('wasm')).toEqual(await drawn('native'));
  });
});
