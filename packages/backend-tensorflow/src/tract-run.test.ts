import { registerNativeBackend } from '@tract/backend-native';
import { expectSameTractRun, tractRun } from '@tract/distill/testing';
import { useBackend } from '@tract/tensor';
import { test } from 'vitest';
import { realAddon } from './testing/real-addon.js';

const found = await realAddon();
const reason = typeof found === 'string' ? found : undefined;
if (reason !== undefined) console.warn(`a run on TensorFlow is not tested: ${reason}`);

test.skipIf(reason !== undefined)(
  `twenty steps of TRACT and images drawn by DDIM are those of the native backend${reason ? ` (skipped: ${reason})` : ''}`,
  async () => {
    await useBackend('tensorflow');
    const ours = await tractRun();
    registerNativeBackend();
    await useBackend('native');
    expectSameTractRun(ours, await tractRun());
  },
);
