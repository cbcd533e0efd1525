import { expect, test } from 'vitest';
import { checkEdmUNetConfig, type EdmUNetConfig, edmConfigs } from '../index.js';

const song = { ...edmConfigs.cifar10Ncsnpp, channels: 16, noiseChannels: 32, embChannels: 64 };

test('the published configurations and small ones pass', () => {
  for (const config of [...Object.values(edmConfigs), song]) expect(() => checkEdmUNetConfig(config)).not.toThrow();
});

const bad: [Record<string, unknown>, RegExp][] = [
  [{ kind: 'paper' }, /kind must be one of song, dhariwal, got paper/],
  [{ channels: 0 }, /channels must be a positive integer, got 0/],
  [{ channelMult: [] }, /at least one level/],
  [{ imageSize: 30 }, /imageSize must be divisible by 4/],
  [{ noiseChannels: 33 }, /noiseChannels must be even and at least 4.*got 33/],
  [{ noiseChannels: undefined }, /noiseChannels must be a positive integer, got undefined/],
  [{ noiseFeatures: 'learned' }, /noiseFeatures must be one of positional, fourier, got learned/],
  [{ encoder: 'both' }, /encoder must be one of standard, skip, residual, got both/],
  [{ decoder: 'residual' }, /decoder must be one of standard, skip, got residual/],
  [{ filter: [1, 2, 1] }, /filter must be an even number of taps, at most 64, whose sum is not 0, got \[1,2,1\]/],
  [{ filter: [1, -1] }, /sum is not 0/],
  [{ filter: '1331' }, /filter must be a list of numbers, got 1331/],
  [{ dropout: 1 }, /dropout must be a number in \[0, 1\), got 1/],
  [{ dropout: '0.1' }, /dropout must be a number/],
  [{ augmentChannels: 0 }, /augmentChannels must be a positive integer, got 0/],
  [{ channels: 3, channelMult: [1, 2, 2] }, /3 channels, which a block of this network works on, do not make 1 groups of at least 4/],
  [{ channels: 67 }, /67 channels.* do not make 16 groups/],
  [{ kind: 'dhariwal', channels: 196, channelMult: [1], attentionResolutions: [] }, /196 channels.* do not make 32 groups/],
  [{ kind: 'dhariwal', channels: 224, channelMult: [1], attentionResolutions: [] }, /divisible by its 3 heads, got 224/],
];

test.each(bad)('a configuration with %j is refused', (change, message) => {
  expect(() => checkEdmUNetConfig({ ...song, ...change } as unknown as EdmUNetConfig)).toThrow(message);
});
