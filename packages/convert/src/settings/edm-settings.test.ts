import { edmConfigs } from '@tract/unet';
import { expect, test } from 'vitest';
import { fromEdmSettings } from './edm-settings.js';

test("the published code's settings become a configuration, its defaults filled in", () => {
  const cifar10 = { img_resolution: 32, img_channels: 3, label_dim: 0, model_type: 'SongUNet', use_fp16: false, dropout: 0.13 };
  const ncsnpp = { embedding_type: 'fourier', encoder_type: 'residual', channel_mult_noise: 2, resample_filter: [1, 3, 3, 1] };
  expect(fromEdmSettings({ ...cifar10, ...ncsnpp, model_channels: 128, channel_mult: [2, 2, 2] })).toEqual({
    ...edmConfigs.cifar10Ncsnpp,
    dropout: 0.13,
  });
  const imagenet64 = { img_resolution: 64, img_channels: 3, label_dim: 1000 };
  expect(fromEdmSettings(imagenet64)).toEqual({ ...edmConfigs.imagenet64Adm, dropout: 0.1 });
  expect(fromEdmSettings({ ...imagenet64, dropout: 0 })).toEqual(edmConfigs.imagenet64Adm);
  expect(fromEdmSettings({ ...cifar10, augment_dim: 9, label_dim: 10 })).toMatchObject({ augmentChannels: 9, classes: 10, filter: [1, 1] });
});

test.each<[Record<string, unknown>, RegExp]>([
  [{ model_type: 'DiT' }, /model_type must be SongUNet or DhariwalUNet, got DiT/],
  [{ img_resolution: 32, img_channels: 3, resample_filter: [1, 1] }, /a DhariwalUNet has no setting 'resample_filter'/],
  [{ img_resolution: 32, img_channels: 3, num_blocks: 5_000_000 }, /blocks must be at most 1024, got 5000000/],
  [{ img_channels: 3 }, /imageSize must be a positive integer, got undefined/],
])('settings %j are refused', (settings, message) => {
  expect(() => fromEdmSettings(settings)).toThrow(message);
});
