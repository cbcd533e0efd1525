import { dispose, leaves, read, tensor, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { styleOfEdm } from '../edm/edm-layout.js';
import {
  admNames,
  checkEdmUNetConfig,
  countParameters,
  type DhariwalUNetConfig,
  diffusersNames,
  edmConfigs,
  edmNames,
  edmUNetSpec,
  fromDiffusersSettings,
  type ParamSpec,
  toDiffusersSettings,
} from '../index.js';
import { applyStage } from '../stage.js';

beforeAll(() => useBackend('cpu'));

/** config.json of google/ddpm-cifar10-32. */
const cifar10 = {
  ...{ _class_name: 'UNet2DModel', _diffusers_version: '0.0.4', act_fn: 'silu', attention_head_dim: null },
  ...{ block_out_channels: [128, 256, 256, 256], center_input_sample: false, downsample_padding: 0, flip_sin_to_cos: false, freq_shift: 1 },
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'UpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
  ...{
    in_channels: 3,
    layers_per_block: 2,
    mid_block_scale_factor: 1,
    norm_eps: 1e-6,
    norm_num_groups: 32,
    out_channels: 3,
    sample_size: 32,
  },
  time_embedding_type: 'positional',
};

test("DDPM's network for CIFAR-10 has the 35.7 million parameters that Ho et al. 2020 report", () => {
  const config = fromDiffusersSettings(cifar10);
  expect(config).toMatchObject({ channels: 128, channelMult: [1, 2, 2, 2], attentionResolutions: [16], heads: 1, sinesFirst: true });
  expect(countParameters(edmUNetSpec(config))).toBe(35_746_307);
});

test('settings come back from the configuration that they make, and every parameter has names of its own', () => {
  const config = fromDiffusersSettings(cifar10);
  const adm: DhariwalUNetConfig = { ...edmConfigs.imagenet64Adm, groups: 32, headDim: 64 };
  for (const one of [config, adm]) {
    const again = fromDiffusersSettings(toDiffusersSettings(one));
    expect(leaves<ParamSpec>(edmUNetSpec(again))).toEqual(leaves<ParamSpec>(edmUNetSpec(one)));
    expect(toDiffusersSettings(again)).toEqual(toDiffusersSettings(one));
    const names = [...diffusersNames(one).values()].flatMap((entry) => entry.names);
    expect(new Set(names).size).toBe(names.length);
  }
  const { _diffusers_version: _, ...settings } = cifar10;
  expect(toDiffusersSettings(config)).toMatchObject(settings);
});

test.each<[Partial<DhariwalUNetConfig>, RegExp]>([
  [{ augmentChannels: 9 }, /is told no augmentation/],
  [{ channelMult: [2, 2] }, /has 192 channels in its first level, this network 384/],
  [{ groups: undefined, channels: 64 }, /has one number of groups, this network 16 and 32/],
  [{ heads: 2, headDim: undefined }, /has one width of an attention head, this network 96 and/],
])('an ADM with %j is not written for diffusers', (change, message) => {
  const config = { ...edmConfigs.imagenet64Adm, groups: 32, attentionResolutions: [64, 32], ...change };
  expect(() => toDiffusersSettings(config)).toThrow(message);
});

test("the options of Ho et al.'s network are checked, and those who do not have them say so", () => {
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
  const options: Partial<DhariwalUNetConfig>[] = [{ heads: 1 }, { halvingPad: 'after' }, { eps: 1e-6 }, { sinesFirst: true }];
  for (const option of options) {
    expect(() => edmNames({ ...adm, ...option })).toThrow('this configuration differs');
    expect(() => admNames({ ...adm, ...option }, { attentionAxes: 2, attentionOrder: 'new' })).toThrow('see diffusersNames');
  }
});

test('a convolution that pads after the image sees every second pixel from the first on', async () => {
  const config = fromDiffusersSettings({ ...cifar10, norm_num_groups: 1 });
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
