import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { describe, test } from 'vitest';
import { realAddon } from './testing/real-addon.js';

const found = await realAddon();
if (typeof found === 'string') {
  console.warn(`the conformance suite does not run on TensorFlow: ${found}`);
  test.skip(`the conformance suite (skipped: ${found})`, () => {});
} else {
  describe(`TensorFlow ${found.tensorflow}, ${found.device}`, () => describeBackend('tensorflow', () => useBackend('tensorflow')));
}
