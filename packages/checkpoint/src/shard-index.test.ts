import { expect, test } from 'vitest';
import { CheckpointError, readShardIndex } from './index.js';

const indexOf = (weightMap: unknown) => new TextEncoder().encode(JSON.stringify({ metadata: { total_size: 12 }, weight_map: weightMap }));

test('an index is read as the tensors of each file', () => {
  const shards = readShardIndex(indexOf({ b: 'm-2.safetensors', a: 'm-1.safetensors', __proto: 'm-2.safetensors' }));
  expect([...shards.keys()]).toEqual(['m-1.safetensors', 'm-2.safetensors']);
  expect(shards.get('m-2.safetensors')).toEqual(new Set(['b', '__proto']));
});

test.each([
  '../m.safetensors',
  '..\\m.safetensors',
  '/etc/m.safetensors',
  'C:m.safetensors',
  'a/m.safetensors',
  '.safetensors',
  '..safetensors',
  'm.exe',
  'm\u0000.safetensors',
  'm.safetensors\n',
  7,
  null,
])('a shard called %j is refused', (name) => {
  const error = (() => {
    try {
      return readShardIndex(indexOf({ a: name }), { source: 'x.index.json' });
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toBeInstanceOf(CheckpointError);
  expect(error).toMatchObject({ kind: 'invalid-name', message: expect.stringContaining('x.index.json: tensor "a"') });
});

test('what is no index is refused', () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  for (const text of [
    '{}',
    '[]',
    '{"weight_map":[]}',
    '{"weight_map":7}',
    '{"weight_map":{"a":"m.safetensors","a":"n.safetensors"}}',
    '{"weight_map":',
  ])
    expect(() => readShardIndex(encode(text)), text).toThrow(CheckpointError);
});
