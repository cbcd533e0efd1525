import { leaves } from '@tract/tensor';
import { expect, test } from 'vitest';
import { countParameters, edmConfigs, edmNames, edmUNetSpec, fromEdm, type ParamSpec, type SongUNetConfig } from '../index.js';
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

test('every parameter has one name of its own in a published state dict', () => {
  const skips: SongUNetConfig = { ...cifar10Ncsnpp, encoder: 'skip', decoder: 'skip' };
  for (const config of [cifar10Ddpmpp, cifar10Ncsnpp, imagenet64Adm, skips]) {
    const names = edmNames(config);
    expect([...names.keys()]).toEqual(leaves<ParamSpec>(edmUNetSpec(config)).map(([path]) => path));
    expect(new Set([...names.values()].map(({ name }) => name)).size).toBe(names.size);
  }
  const song = edmNames(cifar10Ncsnpp);
  expect(song.get('embedding.frequencies')).toEqual({ name: 'model.map_noise.freqs', layout: 'plain' });
  expect(song.get('down.0.conv.kernel')).toEqual({ name: 'model.enc.32x32_conv.weight', layout: 'conv' });
  expect(song.get('down.5.res.time.weight')).toEqual({ name: 'model.enc.16x16_down.affine.weight', layout: 'linear' });
  expect(song.get('down.6.attention.qkv.kernel')).toEqual({ name: 'model.enc.16x16_block0.qkv.weight', layout: 'conv', qkvHeads: 1 });
  expect(song.get('pyramid.1.bias')).toEqual({ name: 'model.enc.8x8_aux_residual.bias', layout: 'plain' });
  expect(song.get('mid.1.res.norm2.gamma')).toEqual({ name: 'model.dec.8x8_in1.norm1.weight', layout: 'plain' });
  expect(song.get('out.norm.beta')).toEqual({ name: 'model.dec.32x32_aux_norm.bias', layout: 'plain' });
  expect(edmNames(skips).get('readouts.0.conv.kernel')?.name).toBe('model.dec.8x8_aux_conv.weight');
  const adm = edmNames(imagenet64Adm);
  expect(adm.get('up.4.res.skip.kernel')).toBeUndefined();
  expect(adm.get('up.4.res.conv1.kernel')?.name).toBe('model.dec.16x16_up.conv0.weight');
  expect(adm.get('mid.0.attention.qkv.bias')).toEqual({ name: 'model.dec.8x8_in0.qkv.bias', layout: 'plain', qkvHeads: 12 });
  expect(adm.get('out.conv.kernel')?.name).toBe('model.out_conv.weight');
});

test('outputs of a query-key-value layer are taken apart into queries, keys and values of each head', () => {
  // Two heads of two channels, one input: output (head, channel, part) of the published order holds that name as a number.
  const published = [0, 1].flatMap((head) => [0, 1].flatMap((channel) => [0, 1, 2].map((part) => 100 * head + 10 * part + channel)));
  const { values, shape } = fromEdm({ name: '', layout: 'conv', qkvHeads: 2 }, Float32Array.from(published), [12, 1, 1, 1]);
  expect(shape).toEqual([1, 1, 1, 12]);
  expect([...values]).toEqual([0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]);
  expect([...fromEdm({ name: '', layout: 'plain', qkvHeads: 2 }, Float32Array.from(published), [12]).values]).toEqual([...values]);
});
