import type { PageResult } from '@tract/backend-webgpu/testing';
import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import * as vitest from 'vitest';
import { registerWasmBackend, wasmInfo } from '../index.js';

// Two threads where the page may have them: a machine with one processor is to test them, too.
const threads = globalThis.crossOriginIsolated ? 2 : 1;

describeBackend('wasm', async () => {
  await registerWasmBackend({ threads });
  await useBackend('wasm');
});

const { runTests } = vitest as unknown as { runTests(): Promise<PageResult[]> };

Object.assign(globalThis, { result: runTests().then((results) => ({ info: wasmInfo(), results })) });
