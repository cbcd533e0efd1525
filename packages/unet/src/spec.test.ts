import { leaves } from '@tract/tensor';
import { expect, test } from 'vitest';
import { countParameters, fromMlTract, mlTractNames, type ParamSpec, paperConfigs, unetSpec } from './index.js';

test('the two published networks have as many parameters as the paper says, counted without allocating them', () => {
  expect(countParameters(unetSpec(paperConfigs.cifar10))).toBe(60_004_099);
  expect(countParameters(unetSpec(paperConfigs.imagenet64))).toBe(295_905_222);
});

test('layers that end a block and those that modulate start at almost nothing, the others at unit variance over their average fan', () => {
  const bounds = new Map(
    leaves<ParamSpec>(unetSpec(paperConfigs.cifar10)).map(([path, { init }]) => [
      path,
      typeof init === 'object' && 'bound' in init ? init.bound : init,
    ]),
  );
  expect(bounds.get('down.0.conv.kernel')).toBeCloseTo(Math.sqrt(6 / (9 * 3 + 9 * 256)), 12);
  expect(bounds.get('embedding.time.first.weight')).toBeCloseTo(Math.sqrt(6 / (256 + 1024)), 12);
  expect(bounds.get('down.1.res.conv2.kernel')).toBeCloseTo(1e-5 * Math.sqrt(6 / (9 * 512)), 15);
  expect(bounds.get('down.1.res.time.weight')).toBeCloseTo(1e-5 * Math.sqrt(6 / (1024 + 512)), 15);
  expect(bounds.get('mid.0.attention.out.kernel')).toBeCloseTo(1e-5 * Math.sqrt(6 / 512), 15);
  expect(bounds.get('out.conv.kernel')).toBeCloseTo(1e-5 * Math.sqrt(6 / (9 * 259)), 15);
  expect(bounds.get('out.norm.gamma')).toBe('ones');
  expect(bounds.get('up.0.res.skip.bias')).toBe('zeros');
});

test('every parameter has one name of its own in an ml-tract state dict', () => {
  for (const config of Object.values(paperConfigs)) {
    const names = mlTractNames(config);
    expect([...names.keys()]).toEqual(leaves<ParamSpec>(unetSpec(config)).map(([path]) => path));
    expect(new Set([...names.values()].map(({ name }) => name)).size).toBe(names.size);
  }
  const strided = mlTractNames({ ...paperConfigs.cifar10, resampleInBlocks: false });
  const blocks = mlTractNames(paperConfigs.imagenet64);
  expect(blocks.get('embedding.classes.weight')).toEqual({ name: 'class_emb.weight', layout: 'linear' });
  expect(blocks.get('embedding.time.second.bias')).toEqual({ name: 'time.2.bias', layout: 'plain' });
  expect(blocks.get('down.0.conv.kernel')).toEqual({ name: 'down.0.weight', layout: 'conv' });
  expect(blocks.get('down.1.res.time.weight')).toEqual({ name: 'down.1.resblocks.time.1.weight', layout: 'linear' });
  expect(blocks.get('down.4.res.norm1.gamma')).toEqual({ name: 'down.4.norm1.weight', layout: 'plain' });
  expect(blocks.get('mid.0.attention.qkv.bias')).toEqual({ name: 'mid.0.attention.qkv.bias', layout: 'plain' });
  expect(strided.get('down.4.conv.kernel')).toEqual({ name: 'down.4.0.weight', layout: 'conv' });
  expect(strided.get('up.4.conv.kernel')).toEqual({ name: 'up.4.1.weight', layout: 'conv' });
  expect(blocks.get('out.norm.beta')).toEqual({ name: 'out.0.bias', layout: 'plain' });
});

test('ml-tract layouts turn into ours: channels last, inputs before outputs', () => {
  const counting = (shape: number[]) => Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
  const conv = fromMlTract('conv', counting([2, 3, 1, 2]), [2, 3, 1, 2]);
  expect(conv.shape).toEqual([1, 2, 3, 2]);
  expect([...conv.values]).toEqual([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  expect(fromMlTract('linear', counting([2, 3]), [2, 3])).toEqual({ shape: [3, 2], values: Float32Array.of(0, 3, 1, 4, 2, 5) });
  expect(fromMlTract('plain', counting([3]), [3]).shape).toEqual([3]);
});
