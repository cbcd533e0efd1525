import { expect, test } from 'vitest';
import { checkUNetConfig, paperConfigs, type UNetConfig } from './index.js';

const good: UNetConfig = { ...paperConfigs.cifar10, channels: 64, groups: 16 };

test('the configurations of the paper and small ones pass', () => {
  for (const config of [paperConfigs.cifar10, paperConfigs.imagenet64, good]) expect(() => checkUNetConfig(config)).not.toThrow();
  // headDim 64 does not fit the first level, which has no attention: allowed.
  expect(() => checkUNetConfig({ ...good, channelMult: [1, 2], attentionResolutions: [16], heads: undefined, headDim: 128 })).not.toThrow();
});

const bad: [Partial<Record<keyof UNetConfig, unknown>>, RegExp][] = [
  [{ channels: 48, groups: 32 }, /channels must be divisible by groups 32, got 48/],
  [{ channels: 0 }, /channels must be a positive integer, got 0/],
  [{ channels: 7, groups: 7 }, /channels must be even/],
  [{ blocks: 1.5 }, /blocks must be a positive integer, got 1.5/],
  [{ imageSize: 30 }, /imageSize must be divisible by 4 \(2 halvings, one per level after the first\), got 30/],
  [{ channelMult: [] }, /at least one level/],
  [{ channelMult: '1,2' }, /channelMult must be a list of positive integers, got 1,2/],
  [{ attentionResolutions: [8, -1] }, /each of attentionResolutions must be a positive integer, got -1/],
  [{ heads: 2, headDim: 32 }, /give heads or headDim, not both/],
  [{ heads: 3 }, /with attention must be divisible by heads 3, got 64/],
  [{ heads: undefined, headDim: 48 }, /with attention must be divisible by headDim 48, got 64/],
  [{ scaleShift: 'yes' }, /scaleShift must be true or false, got yes/],
  [{ outputs: undefined }, /outputs must be a positive integer, got undefined/],
  [{ classes: null }, /classes must be a positive integer, got null/],
];

test.each(bad)('a configuration with %j is refused', (change, message) => {
  expect(() => checkUNetConfig({ ...good, ...change } as UNetConfig)).toThrow(message);
});
