import { leaves } from '@tract/tensor';
import { countParameters, type DhariwalUNetConfig, edmConfigs, edmUNetSpec, type ParamSpec } from '@tract/unet';
import { expect, test } from 'vitest';
import { admPlaces } from '../names/adm-places.js';
import { diffusersPlaces } from '../names/diffusers-places.js';
import { edmPlaces } from '../names/edm-places.js';
import { fromDiffusersSettings } from './from-diffusers-settings.js';
import { toDiffusersSettings } from './to-diffusers-settings.js';

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

test('the settings of an average beside those of its network, as unet_ema has them, change nothing', () => {
  const averaging = {
    decay: 0.9999,
    min_decay: 0,
    optimization_step: 500,
    update_after_step: 0,
    use_ema_warmup: true,
    inv_gamma: 1,
    power: 0.75,
  };
  expect(fromDiffusersSettings({ ...cifar10, ...averaging })).toEqual(fromDiffusersSettings(cifar10));
});

test('sizes that no network has are refused before anything is planned', () => {
  expect(() => fromDiffusersSettings({ ...cifar10, layers_per_block: 5_000_000 })).toThrow(/blocks must be at most 1024, got 5000000/);
  expect(() => fromDiffusersSettings({ ...cifar10, block_out_channels: [1e9, 1e9, 1e9, 1e9] })).toThrow(/channels must be at most 65536/);
});

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
    const names = [...diffusersPlaces(one).values()].flatMap((entry) => entry.names);
    expect(new Set(names).size).toBe(names.length);
  }
  const { _diffusers_version: _, ...settings } = cifar10;
  expect(toDiffusersSettings(config)).toMatchObject(settings);
});

test.each<[Partial<DhariwalUNetConfig>, RegExp]>([
  [{ augmentChannels: 9 }, /is not conditioned on augmentation/],
  [{ channelMult: [2, 2] }, /has 192 channels in its first level, this network 384/],
  [{ groups: undefined, channels: 64 }, /has one number of groups, this network 16 and 32/],
  [{ heads: 2, headDim: undefined }, /has one width of an attention head, this network 96 and/],
])('an ADM with %j is not written for diffusers', (change, message) => {
  const config = { ...edmConfigs.imagenet64Adm, groups: 32, attentionResolutions: [64, 32], ...change };
  expect(() => toDiffusersSettings(config)).toThrow(message);
});

test('programs that lack the options of a UNet2DModel say so', () => {
  const adm = edmConfigs.imagenet64Adm;
  const options: Partial<DhariwalUNetConfig>[] = [{ heads: 1 }, { halvingPad: 'after' }, { eps: 1e-6 }, { sinesFirst: true }];
  for (const option of options) {
    expect(() => edmPlaces({ ...adm, ...option })).toThrow('this configuration differs');
    expect(() => admPlaces({ ...adm, ...option }, { attentionAxes: 2, attentionOrder: 'new' })).toThrow('have no heads, eps');
  }
});
