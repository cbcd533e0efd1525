import { paperConfigs } from '@tract/unet';
import { expect, test } from 'vitest';
import { flaxPlaces } from './flax-places.js';
import { fromPlace, type Place } from './place.js';

test('names and shapes are those of the published program', () => {
  const names = flaxPlaces(paperConfigs.imagenet64);
  const one = (name: string, ...shape: number[]) => ({ names: [name], shape, layout: 'plain' });
  expect(names.get('down.0.conv.kernel')).toEqual(one('conv_in/kernel', 3, 3, 3, 192));
  expect(names.get('embedding.time.first.weight')).toEqual(one('dense0/kernel', 192, 768));
  expect(names.get('embedding.classes.weight')).toEqual(one('class_emb/kernel', 1000, 768));
  expect(names.get('down.1.res.norm1.gamma')).toEqual(one('down_0.block_0/norm1/scale', 192));
  expect(names.get('down.4.res.conv1.bias')).toEqual(one('down_0.downsample/conv1/bias', 192));
  expect(names.get('down.5.res.skip.kernel')).toEqual(one('down_1.block_0/nin_shortcut/kernel', 192, 384));
  expect(names.get('down.5.res.time.weight')).toEqual(one('down_1.block_0/temb_proj/kernel', 768, 768));
  expect(names.get('down.5.attention.norm.beta')).toEqual(one('down_1.attn_0/norm/bias', 384));
  expect(names.get('down.5.attention.out.kernel')).toEqual(one('down_1.attn_0/proj_out/kernel', 6, 64, 384));
  expect(names.get('down.5.attention.out.bias')).toEqual(one('down_1.attn_0/proj_out/bias', 384));
  expect(names.get('mid.0.attention.qkv.kernel')).toEqual({
    names: ['q', 'k', 'v'].map((x) => `mid.attn_1/${x}/kernel`),
    shape: [768, 12, 64],
    layout: 'plain',
    qkv: { heads: 12, channels: 64, order: 'part-head-channel' },
  });
  expect(names.get('mid.0.attention.qkv.bias')!.shape).toEqual([12, 64]);
  expect(names.get('mid.1.res.conv2.kernel')).toEqual(one('mid.block_2/conv2/kernel', 3, 3, 768, 768));
  expect(names.get('up.0.res.norm1.beta')!.names).toEqual(['up_3.block_0/norm1/bias']);
  expect(names.get('up.4.res.norm1.beta')!.names).toEqual(['up_3.upsample/norm1/bias']);
  expect(names.get('up.18.res.conv2.bias')!.names).toEqual(['up_0.block_3/conv2/bias']);
  expect(names.get('out.norm.gamma')).toEqual(one('norm_out/scale', 192));
  expect(names.get('out.conv.kernel')).toEqual(one('conv_out/kernel', 3, 3, 192, 6));
});

test('queries, keys and values become one kernel whose channels run (head, {q, k, v}, channel)', () => {
  const names = ['q', 'k', 'v'];
  const qkv = { heads: 2, channels: 3, order: 'part-head-channel' } as const;
  const kernel: Place = { names, shape: [2, 2, 3], layout: 'plain', qkv }; // two rows, two heads of three channels
  const joined = fromPlace(
    kernel,
    [100, 200, 300].map((base) => Float32Array.from({ length: 12 }, (_, i) => base + i)),
  );
  expect([...joined.slice(0, 9)]).toEqual([100, 101, 102, 200, 201, 202, 300, 301, 302]);
  expect([...joined.slice(9, 12)]).toEqual([103, 104, 105]);
  expect([...joined.slice(18, 21)]).toEqual([106, 107, 108]);
  const bias = fromPlace(
    { ...kernel, shape: [1, 2], qkv: { ...qkv, heads: 1, channels: 2 } },
    [1, 2, 3].map((value) => Float32Array.of(value, value + 0.5)),
  );
  expect([...bias]).toEqual([1, 1.5, 2, 2.5, 3, 3.5]);
});

test('a network that flax does not have is refused', () => {
  expect(() => flaxPlaces({ ...paperConfigs.cifar10, scaleShift: false })).toThrow('scaleShift');
  expect(() => flaxPlaces({ ...paperConfigs.cifar10, resampleInBlocks: false })).toThrow('resampleInBlocks');
});
