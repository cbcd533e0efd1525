import { registerNativeBackend } from '@tract/backend-native';
import { distillSetup, distillStep, initDistillation, sampleImages } from '@tract/distill';
import { dispose, noise, read, readScalar, scale, useBackend } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { applyUNet, initUNet, type UNetConfig } from '@tract/unet';
import { expect, test } from 'vitest';
import { startUnderNode } from './testing/node-device.js';

const shape = {
  imageSize: 8,
  inChannels: 1,
  channels: 16,
  embChannels: 32,
  channelMult: [1],
  blocks: 1,
  attentionResolutions: [8],
  groups: 8,
};
const config: UNetConfig = { ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };

/** Losses of twenty steps of TRACT on images of noise, 16 to 4 to 1 steps, and four images drawn by the student, on the active backend. */
async function run(): Promise<{ losses: number[]; images: Float32Array }> {
  const setup = distillSetup<ReturnType<typeof initUNet>>({
    network: (params, xt, logSNR) => applyUNet(config, params, xt, logSNR),
    prediction: 'v',
    phaseSteps: [16, 4, 1],
    updates: 20,
  });
  const teacher = initUNet(config, 3);
  let state = initDistillation(setup, teacher);
  const losses: number[] = [];
  while (state.step < setup.updates) {
    const images = noise({ seed: 1, step: state.step, samples: [0, 1, 2, 3], shape: [8, 8, 1] });
    const x0 = scale(images, 0.3);
    const { state: next, loss, gradNorm } = distillStep(setup, state, { x0 });
    losses.push(await readScalar(loss));
    dispose([images, x0, loss, gradNorm]);
    state = next;
  }
  const indices = [0, 1, 2, 3];
  const drawn = await sampleImages({ model: setup.model, params: state.studentEma, steps: 1, seed: 0, indices, shape: [8, 8, 1] });
  const images = await read(drawn);
  dispose([drawn, state, teacher]);
  return { losses, images };
}

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`a run on WebGPU under Node is not tested: ${reason}`);

test.skipIf(reason !== undefined)('twenty steps of TRACT and the images after them are those of the native backend', async () => {
  await useBackend('webgpu');
  const ours = await run();
  registerNativeBackend();
  await useBackend('native');
  const native = await run();
  expectClose(ours.losses, native.losses, 1e-3, 'float32 sums in another order, through twenty updates by Adam');
  expectClose(ours.images, native.images, 1e-3, 'the same');
  expect(ours.losses.every((loss) => loss > 0)).toBe(true);
});
