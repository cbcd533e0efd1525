import { dispose, read, tensor, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { checkEdmUNetConfig, countParameters, type DhariwalUNetConfig, edmConfigs, edmUNetSpec } from '../index.js';
import { applyStage } from '../stage.js';
import { styleOfEdm } from './edm-layout.js';

beforeAll(() => useBackend('cpu'));

test("the options of Ho et al.'s network are checked", () => {
  const adm = edmConfigs.imagenet64Adm;
  const bad: [object, RegExp][] = [
    [{ heads: 1, headDim: 64 }, /give heads or headDim, not both/],
    [{ heads: 0 }, /heads must be a positive integer/],
    [{ halvingPad: 'before' }, /halvingPad must be one of around, after, got before/],
    [{ eps: 0 }, /eps must be a number between 0 and 1, got 0/],
    [{ eps: '1e-6' }, /eps must be a number between 0 and 1/],
    [{ sinesFirst: 1 }, /sinesFirst must be true or false, got 1/],
  ];
  for (const [change, message] of bad) expect(() => checkEdmUNetConfig({ ...adm, ...change } as DhariwalUNetConfig)).toThrow(message);
});

test('a convolution that pads after the image sees every second pixel from the first on', async () => {
  const config: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, halvingPad: 'after', groups: 1 };
  const x = tensor(
    Float32Array.from({ length: 16 }, (_, i) => i),
    [1, 4, 4, 1],
  );
  const ones = (shape: number[], values: number[]) => tensor(Float32Array.from(values), shape);
  // The tap in the middle picks the pixel one to the right and below; the last one, in the corner, zeros at the end.
  const conv = { kernel: ones([3, 3, 1, 1], [0, 0, 0, 0, 1, 0, 0, 0, 100]), bias: ones([1], [0]) };
  const halved = applyStage({ kind: 'conv', cIn: 1, cOut: 1, resample: 'down' }, { conv }, x, x, styleOfEdm(config));
  expect([...(await read(halved))]).toEqual([5 + 1000, 7, 13, 15]);
  dispose([x, conv.kernel, conv.bias, halved]);
});

/** The counts are those of the published configurations, built as PyTorch modules by apps/cli/fixtures/make_openai.py. */
test('the published networks have as many parameters as PyTorch counts', () => {
  const imagenet64: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, groups: 32, headDim: 64 };
  const at256 = {
    ...imagenet64,
    ...{ imageSize: 256, channels: 256, embChannels: 1024, channelMult: [1, 1, 2, 2, 4, 4], blocks: 2 },
  };
  const count = (config: DhariwalUNetConfig) => countParameters(edmUNetSpec(config));
  // consistency_models' network for ImageNet 64 is EDM's ADM; guided-diffusion's has a second output for the variance.
  expect(count(imagenet64)).toBe(295_899_267);
  expect(count({ ...imagenet64, outputs: 2 })).toBe(295_904_454);
  expect(count({ ...at256, classes: 1, scaleShift: false })).toBe(526_304_771);
  expect(count({ ...at256, outputs: 2 })).toBe(553_838_086);
});
