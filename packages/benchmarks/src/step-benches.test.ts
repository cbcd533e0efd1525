import { registerNativeBackend } from '@tract/backend-native';
import { memory, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import { TeacherBench, TractBench } from './step-benches.js';

beforeAll(async () => {
  registerNativeBackend();
  await useBackend('native');
});

const shape = { kind: 'unet' as const, imageSize: 8, inChannels: 1, channels: 32, embChannels: 32, channelMult: [1], blocks: 1 };
const network = { ...shape, attentionResolutions: [], scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };

test('a step trains, the same way each time, a forward pass does not, and nothing is left behind', async () => {
  const before = memory().tensors;
  const [one, two] = [new TractBench({ network, batch: 2 }), new TractBench({ network, batch: 2 })];
  const start = await one.digest();
  await one.forward();
  expect(await one.digest()).toBe(start);
  for (const bench of [one, two]) for (let i = 0; i < 3; i++) await bench.step();
  expect(await one.digest()).not.toBe(start);
  expect(await two.digest()).toBe(await one.digest());
  const teacher = new TeacherBench({ network, batch: 2 });
  for (let i = 0; i < 2; i++) await teacher.step();
  for (const bench of [one, two, teacher]) bench.dispose();
  expect(memory().tensors).toBe(before);
});
