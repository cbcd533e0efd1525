import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { registerWebGpuBackend } from '../index.js';
import { runTests } from './page-vitest.js';

describeBackend('webgpu', async () => {
  await registerWebGpuBackend();
  await useBackend('webgpu');
});

Object.assign(globalThis, { result: runTests() });
