import { expect, test } from 'vitest';
import { edmConfigs, edmUNetCost, paperConfigs, type SongUNetConfig, type UNetConfig, unetCost } from './index.js';

test('the published networks cost as many multiply-adds as is known of them', () => {
  const giga = (cost: { readonly multiplyAdds: number }) => Number((cost.multiplyAdds / 1e9).toFixed(1));
  expect(giga(unetCost(paperConfigs.cifar10))).toBe(17.9);
  expect(giga(unetCost(paperConfigs.imagenet64))).toBe(109.7);
  expect(giga(edmUNetCost(edmConfigs.imagenet64Adm))).toBe(109.7);
  expect(giga(edmUNetCost(edmConfigs.cifar10Ddpmpp))).toBe(21.2);
  // NCSN++'s residual pyramid convolves before it halves, at 32x32 and at 16x16; and its first layer is twice as wide.
  const pyramid = 32 ** 2 * 9 * 3 * 256 + 16 ** 2 * 9 * 256 * 256;
  const { multiplyAdds } = edmUNetCost(edmConfigs.cifar10Ddpmpp);
  expect(edmUNetCost(edmConfigs.cifar10Ncsnpp).multiplyAdds).toBe(multiplyAdds + pyramid + 128 * 512);
});

test('a small network costs what its layers cost, one by one', () => {
  const config: UNetConfig = {
    ...{
      kind: 'unet' as const,
      imageSize: 8,
      inChannels: 1,
      channels: 4,
      embChannels: 8,
      channelMult: [1],
      blocks: 1,
      attentionResolutions: [],
    },
    ...{ scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 3, groups: 4 },
  };
  const conv = (size: number, cIn: number, cOut: number) => 64 * size * size * cIn * cOut;
  const block = (cIn: number) => conv(3, cIn, 4) + conv(3, 4, 4) + 8 * 8 + (cIn === 4 ? 0 : conv(1, cIn, 4));
  const attention = conv(1, 4, 12) + conv(1, 4, 4) + 2 * 64 * 64 * 4;
  const embedding = 4 * 8 + 8 * 8 + 3 * 8;
  const whole = embedding + conv(3, 1, 4) + block(4) + 2 * block(4) + attention + 2 * block(8) + conv(3, 4, 1);
  expect(unetCost(config).multiplyAdds).toBe(whole);
});

test('what a level costs goes with its pixels, so a coarser one costs a quarter', () => {
  const of = (imageSize: number) =>
    edmUNetCost({ ...(edmConfigs.cifar10Ncsnpp as SongUNetConfig), imageSize, attentionResolutions: [], channelMult: [1, 1] }).multiplyAdds;
  const embedding = 256 * 512 + 512 * 512 + 22 * 512 * 128; // 22 blocks are conditioned on the noise level
  const middle = (side: number) => 2 * side ** 4 * 128; // the attention in it goes with the square of the pixels
  expect((of(32) - embedding - middle(16)) / (of(16) - embedding - middle(8))).toBeCloseTo(4, 9);
});
