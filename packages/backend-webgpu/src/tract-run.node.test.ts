import { registerNativeBackend } from '@tract/backend-native';
import { tractRun } from '@tract/distill/testing';
import { useBackend } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { expect, test } from 'vitest';
import { startUnderNode } from './testing/node-device.js';

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`a run on WebGPU under Node is not tested: ${reason}`);

test.skipIf(reason !== undefined)('twenty steps of TRACT and images drawn by DDIM are those of the native backend', async () => {
  await useBackend('webgpu');
  const ours = await tractRun();
  registerNativeBackend();
  await useBackend('native');
  const native = await tractRun();
  expectClose(ours.teacherImages, native.teacherImages, 1e-3, 'float32 sums in another order, through sixteen network calls');
  expectClose(ours.losses, native.losses, 1e-3, 'the same, through twenty updates by Adam');
  expectClose(ours.studentImages, native.studentImages, 1e-3, 'the same');
  expect(ours.losses.every((loss) => loss > 0)).toBe(true);
});
