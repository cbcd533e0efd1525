import { leaves } from '@tract/tensor';
import { expect, test } from 'vitest';
import { countParameters, edmConfigs, edmUNetSpec, type ParamSpec } from '../index.js';
import { sizeOfSpec } from '../param-spec.js';

const { cifar10Ddpmpp, cifar10Ncsnpp, imagenet64Adm } = edmConfigs;

test('the published networks have as many parameters as the published code counts, counted without allocating them', () => {
  expect(countParameters(edmUNetSpec(imagenet64Adm))).toBe(295_899_267);
  expect(countParameters(edmUNetSpec(cifar10Ddpmpp))).toBe(55_732_739);
  // A first layer of 256 instead of 128 noise channels, and a pyramid of two 3x3 convolutions to 256 channels, from 3 and from 256.
  const more = 128 * 512 + (9 * 3 * 256 + 256) + (9 * 256 * 256 + 256);
  expect(countParameters(edmUNetSpec(cifar10Ncsnpp))).toBe(55_732_739 + more);
  expect(55_732_739 + more).toBe(56_395_523);
  // What was trained with augmentation has one row of noise channels for each of its 9 numbers.
  expect(countParameters(edmUNetSpec({ ...cifar10Ncsnpp, augmentChannels: 9 }))).toBe(56_395_523 + 9 * 256);
  expect(countParameters(edmUNetSpec({ ...cifar10Ddpmpp, classes: 10 }))).toBe(55_732_739 + 11 * 128);
});

test('the frequencies of Fourier features are kept with the parameters but are none', () => {
  const specs = leaves<ParamSpec>(edmUNetSpec(cifar10Ncsnpp));
  expect(specs.filter(([, { trained }]) => trained === false)).toEqual([
    ['embedding.frequencies', { shape: [128], init: { spread: 16 }, trained: false }],
  ]);
  expect(specs.reduce((total, [, spec]) => total + sizeOfSpec(spec), 0)).toBe(56_395_523 + 128);
});

test('layers start as in the published code', () => {
  const startsOf = (config: typeof cifar10Ncsnpp | typeof imagenet64Adm) =>
    new Map(leaves<ParamSpec>(edmUNetSpec(config)).map(([path, { init }]) => [path, init]));
  const song = startsOf({ ...cifar10Ncsnpp, classes: 10 });
  const bound = (fanIn: number, fanOut: number, weight = 1) => ({ bound: expect.closeTo(weight * Math.sqrt(6 / (fanIn + fanOut)), 12) });
  expect(song.get('down.0.conv.kernel')).toEqual(bound(27, 9 * 128));
  expect(song.get('down.1.res.conv2.kernel')).toEqual(bound(9 * 256, 9 * 256, 1e-5));
  expect(song.get('down.1.res.time.weight')).toEqual(bound(512, 256));
  expect(song.get('mid.0.attention.qkv.kernel')).toEqual(bound(256, 768, Math.sqrt(0.2)));
  expect(song.get('embedding.classes.weight')).toEqual(bound(10, 256));
  expect(song.get('embedding.classes.bias')).toBe('zeros');
  const adm = startsOf({ ...imagenet64Adm, augmentChannels: 9 });
  expect(adm.get('embedding.classes.weight')).toEqual({ spread: 1 });
  expect(adm.has('embedding.classes.bias')).toBe(false);
  expect(adm.get('embedding.augment.weight')).toBe('zeros');
  expect(adm.get('down.0.conv.bias')).toEqual({ bound: expect.closeTo(1 / Math.sqrt(27), 12) });
  expect(adm.get('down.1.res.conv2.kernel')).toBe('zeros');
  expect(adm.get('out.conv.bias')).toBe('zeros');
});
