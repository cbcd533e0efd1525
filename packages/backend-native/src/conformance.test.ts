import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { describe } from 'vitest';
import { nativeInfo, registerNativeBackend } from './index.js';

for (const instructionSet of nativeInfo().instructionSets) {
  for (const threads of [1, 2]) {
    describe(`${instructionSet}, ${threads} threads`, () => {
      describeBackend('native', async () => {
        registerNativeBackend({ instructionSet, threads });
        await useBackend('native');
      });
    });
  }
}
