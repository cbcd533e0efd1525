import { edmConfigs, type SongUNetConfig } from '@tract/unet';
import { expect, test } from 'vitest';
import { edmFilters } from './edm-filters.js';

test('every resampling module stores the square of the taps', () => {
  const small = { imageSize: 8, channels: 4, embChannels: 4, noiseChannels: 4, channelMult: [1, 2], blocks: 1, attentionResolutions: [] };
  const config: SongUNetConfig = { ...edmConfigs.cifar10Ncsnpp, ...small, encoder: 'skip', decoder: 'skip' };
  expect([...edmFilters(config).keys()].sort()).toEqual(
    ['dec.8x8_aux_up', 'dec.8x8_up.conv0', 'dec.8x8_up.skip', 'enc.4x4_aux_down', 'enc.4x4_down.conv0', 'enc.4x4_down.skip'].map(
      (owner) => `model.${owner}.resample_filter`,
    ),
  );
  expect(edmFilters(config).get('model.enc.4x4_aux_down.resample_filter')!.values[5]).toBeCloseTo(9 / 64, 7);
});
