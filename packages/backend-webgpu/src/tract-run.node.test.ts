import { registerNativeBackend } from '@tract/backend-native';
import { expectSameTractRun, tractRun } from '@tract/distill/testing';
import { useBackend } from '@tract/tensor';
import { test } from 'vitest';
import { startUnderNode } from './testing/node-device.js';

const reason = process.env.TRACT_WEBGPU_SUITE === undefined ? 'set TRACT_WEBGPU_SUITE=1 to run it' : await startUnderNode();
if (reason !== undefined) console.warn(`a run on WebGPU under Node is not tested: ${reason}`);

test.skipIf(reason !== undefined)('twenty steps of TRACT on WebGPU and images drawn by DDIM are those of the native backend', async () => {
  await useBackend('webgpu');
  const ours = await tractRun();
  registerNativeBackend();
  await useBackend('native');
  expectSameTractRun(ours, await tractRun());
});
