import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { afterAll, describe, test } from 'vitest';
import { builds, possibleBuilds } from './builds.js';
import { registerWasmBackend, removeWasmBackend } from './index.js';

const possible = possibleBuilds();

for (const { name } of builds.filter((build) => !possible.includes(build))) {
  console.warn(`the module '${name}' is not tested under Node ${process.versions.node}, which cannot run it; the tests in Chromium do`);
  test.skip(`${name} (skipped: this Node cannot run it)`, () => {});
}

for (const { name: build, shared } of possible) {
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
