import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { test } from 'vitest';
import { startUnderNode } from './testing/node-device.js';

const reason = await startUnderNode();
if (reason === undefined) describeBackend('webgpu', () => useBackend('webgpu'));
else {
  console.warn(`WebGPU under Node is not tested: ${reason}`);
  test.skip(`the conformance suite under Node (skipped: ${reason})`, () => {});
}
