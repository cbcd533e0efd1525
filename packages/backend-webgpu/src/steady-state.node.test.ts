import { distillSetup, distillStep, initDistillation } from '@tract/distill';
import { dispose, fill, readScalar, type Tensor, useBackend } from '@tract/tensor';
import { applyUNet, initUNet, type UNetConfig } from '@tract/unet';
import { expect, test } from 'vitest';
import { startUnderNode } from './testing/node-device.js';
import { countTraffic } from './traffic.js';

const shape = {
  kind: 'unet' as const,
  imageSize: 16,
  inChannels: 1,
  channels: 8,
  embChannels: 16,
  channelMult: [1],
  blocks: 1,
  attentionResolutions: [],
  groups: 4,
};
const config: UNetConfig = { ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`what goes up and down in a step is not tested: ${reason}`);

test.skipIf(reason !== undefined)(
  `in steady state a step brings up its tables of numbers, brings down the scalar that is read, and nothing else${reason ? ` (skipped: ${reason})` : ''}`,
  async () => {
    await useBackend('webgpu');
    const setup = distillSetup<ReturnType<typeof initUNet>>({
      network: (params, xt, conditioning) => applyUNet(config, params, xt, conditioning),
      prediction: 'v',
      phaseSteps: [16, 4, 1],
      totalSteps: 100,
    });
    const images = 2;
    const teacher = initUNet(config, 3);
    const x0 = fill([images, 16, 16, 1], 0.3); // on the device already: batches are the caller's
    let state = initDistillation(setup, teacher);
    async function steps(count: number): Promise<void> {
      let last: Tensor | undefined;
      for (let i = 0; i < count; i++) {
        if (last) dispose(last);
        const { state: next, loss, gradNorm } = distillStep(setup, state, { x0 });
        dispose(gradNorm);
        [state, last] = [next, loss];
      }
      expect(await readScalar(last!)).toBeGreaterThan(0);
      dispose(last!);
    }
    await steps(2); // a program is compiled in the first call of a shape, and checked in the second
    const traffic = countTraffic();
    await steps(1);
    const one = traffic.take();
    await steps(2);
    const two = traffic.take();
    traffic.stop();
    expect(one.readBytes).toBe(4);
    expect(two).toEqual({ ...doubled(one), submissions: expect.any(Number), readBytes: 4 });
    // Of an image: sample keys, coefficients, weights and the features of three times; its noise alone would be 1,024 bytes.
    expect(one.uploadedBytes / images).toBeLessThan(512);
    dispose([x0, state, teacher]);
  },
);

const doubled = ({
  dispatches,
  uniformBytes,
  uploadedBytes,
}: Readonly<Record<'dispatches' | 'uniformBytes' | 'uploadedBytes', number>>) => ({
  dispatches: 2 * dispatches,
  uniformBytes: 2 * uniformBytes,
  uploadedBytes: 2 * uploadedBytes,
});
