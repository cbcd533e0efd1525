import { leaves } from '@tract/tensor';
import { describe, expect, test } from 'vitest';
import { flaxNames, fromFlax, type ParamSpec, paperConfigs, unetSpec } from './index.js';

const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

describe.each(Object.entries(paperConfigs))('the published %s network', (_, config) => {
  const names = flaxNames(config);

  test('has one place in a flax checkpoint for every parameter, and as many numbers there', () => {
    const specs = leaves<ParamSpec>(unetSpec(config));
    expect([...names.keys()]).toEqual(specs.map(([path]) => path));
    const all = [...names.values()].flatMap((name) => name.names);
    expect(new Set(all).size).toBe(all.length);
    for (const [path, spec] of specs) {
      const { names: arrays, shape } = names.get(path)!;
      expect(arrays.length * size(shape), path).toBe(size(spec.shape));
    }
  });
});

test('names and shapes are those of the published program', () => {
  const names = flaxNames(paperConfigs.imagenet64);
  const one = (name: string, ...shape: number[]) => ({ names: [name], shape });
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
  const shape = [2, 2, 3]; // two rows, two heads of three channels
  const parts = [100, 200, 300].map((base) => Float32Array.from({ length: 12 }, (_, i) => base + i));
  const joined = fromFlax({ names: ['q', 'k', 'v'], shape }, parts);
  expect([...joined.slice(0, 9)]).toEqual([100, 101, 102, 200, 201, 202, 300, 301, 302]);
  expect([...joined.slice(9, 12)]).toEqual([103, 104, 105]);
  expect([...joined.slice(18, 21)]).toEqual([106, 107, 108]);
  const bias = fromFlax(
    { names: ['q', 'k', 'v'], shape: [1, 2] },
    [1, 2, 3].map((value) => Float32Array.of(value, value + 0.5)),
  );
  expect([...bias]).toEqual([1, 1.5, 2, 2.5, 3, 3.5]);
  expect(fromFlax({ names: ['dense0/kernel'], shape: [2] }, [Float32Array.of(1, 2)])).toEqual(Float32Array.of(1, 2));
});

test('a network that flax does not have is refused', () => {
  expect(() => flaxNames({ ...paperConfigs.cifar10, scaleShift: false })).toThrow('scaleShift');
  expect(() => flaxNames({ ...paperConfigs.cifar10, resampleInBlocks: false })).toThrow('resampleInBlocks');
});
