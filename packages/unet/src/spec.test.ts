import { leaves } from '@tract/tensor';
import { expect, test } from 'vitest';
import { countParameters, type ParamSpec, paperConfigs, unetSpec } from './index.js';

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
