import { expect, test } from 'vitest';
import { edmConfigs, familyOf, type NetworkConfig, networkCost, paperConfigs } from './index.js';

const crafted: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [{ blocks: 5_000_000 }, /blocks must be at most 1024, got 5000000/],
  [{ blocks: Number.MAX_SAFE_INTEGER }, /blocks must be at most 1024/],
  [{ channels: 1e9 }, /channels must be at most 65536, got 1000000000/],
  [{ channelMult: [1, 2, 1e12] }, /channels times an entry of channelMult must be at most 65536/],
  [{ channelMult: new Array(15).fill(1), imageSize: 2 ** 14 }, /levels in channelMult must be at most 14, got 15/],
  [{ embChannels: 1e9 }, /embChannels must be at most/],
  [{ classes: 1e12 }, /classes must be at most 1048576/],
  [{ imageSize: 2 ** 40 }, /imageSize must be at most 16384/],
  [{ imageSize: 2 ** 14 }, /the numbers in one feature map .* must be at most 2147483648/],
  [{ inChannels: 1e6 }, /inChannels must be at most/],
  [{ outputs: 1e6 }, /outputs must be at most/],
  [{ attentionResolutions: new Array(5000).fill(8) }, /attentionResolutions must be at most 1024, got 5000/],
  // 3 levels of 1024 blocks of 8192 channels are 3.7e12 parameters.
  [{ blocks: 1024, channels: 8192 }, /the number of parameters, at least, must be at most 4294967296/],
];

test.each(crafted)('a configuration with %j is refused before anything is planned', (change, message) => {
  for (const good of [paperConfigs.cifar10, edmConfigs.cifar10Ncsnpp, edmConfigs.imagenet64Adm]) {
    const config = { ...good, channelMult: [1, 1, 1], ...change } as NetworkConfig;
    const started = process.cpuUsage();
    expect(() => familyOf(config).check(config)).toThrow(message);
    expect(process.cpuUsage(started).user).toBeLessThan(1e6); // a second of the processor
  }
});

test('sizes of one family alone are held to the same', () => {
  const refused = (change: object, message: RegExp) => {
    const config = { ...edmConfigs.cifar10Ncsnpp, ...change } as NetworkConfig;
    expect(() => familyOf(config).check(config)).toThrow(message);
  };
  refused({ noiseChannels: 1e9 }, /noiseChannels must be at most/);
  refused({ augmentChannels: 1e9 }, /augmentChannels must be at most/);
  refused({ filter: new Array(10_000).fill(1) }, /filter must be an even number of taps, at most 64/);
});

test('a long value of the wrong type is not repeated in full', () => {
  const config = { ...paperConfigs.cifar10, channelMult: 'x'.repeat(100_000) } as unknown as NetworkConfig;
  expect(() => familyOf(config).check(config)).toThrow(/^UNetConfig: channelMult must be a list of positive integers, got x{60}…$/);
});

test('the bound on the parameters is below their number', () => {
  // 1.4e9 parameters, three times the largest published ADM, are planned.
  const config = { ...paperConfigs.imagenet64, channels: 512, embChannels: 2048 } as const;
  expect(networkCost(config).parameters).toBeGreaterThan(1.4e9);
});
