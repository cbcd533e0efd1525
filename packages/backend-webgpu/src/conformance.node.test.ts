import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { test } from 'vitest';
import { registerWebGpuBackend } from './index.js';
import { nodeGpu, softwareDriver } from './node/index.js';

async function whyNot(): Promise<string | undefined> {
  try {
    await registerWebGpuBackend({ gpu: await nodeGpu({ driver: softwareDriver() }) });
    return undefined;
  } catch (error) {
    return `${(error as Error).message} (apt-get install chromium brings a software driver)`;
  }
}

const reason = await whyNot();
if (reason === undefined) describeBackend('webgpu', () => useBackend('webgpu'));
else {
  console.warn(`WebGPU under Node is not tested: ${reason}`);
  test.skip('the conformance suite under Node', () => {});
}
