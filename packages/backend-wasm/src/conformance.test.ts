import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { afterAll, describe } from 'vitest';
import { possibleBuilds } from './builds.js';
import { registerWasmBackend, removeWasmBackend } from './index.js';

for (const { name: build, shared } of possibleBuilds()) {
  for (const threads of shared ? [1, 2] : [1]) {
    describe(`${build}, ${threads} threads`, () => {
      describeBackend('wasm', async () => {
        await registerWasmBackend({ build, threads });
        await useBackend('wasm');
      });
      afterAll(() => removeWasmBackend());
    });
  }
}
