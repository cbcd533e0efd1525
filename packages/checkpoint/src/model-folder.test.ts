import { describe, expect, test } from 'vitest';
import { CheckpointError } from './checkpoint-error.js';
import { decodeModel, decodeModelConfig, encodeModel, type ModelConfig } from './model-folder.js';
import type { NamedArray } from './named-array.js';

const config: ModelConfig = {
  format: 'tract-model',
  version: 1,
  network: { channels: 32, channelMult: [1, 2, 2], dropout: 0.1 },
  note: null,
};
const tensors = new Map<string, NamedArray>([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(1, -1) }]]);
const json = (text: string) => new TextEncoder().encode(text);

test('a model comes back as it went in, and equal models give equal bytes', () => {
  const files = encodeModel(config, tensors, { step: '12' });
  expect(decodeModel(files)).toEqual({ config, tensors, metadata: new Map([['step', '12']]) });
  expect(encodeModel(config, tensors, { step: '12' })).toEqual(files);
});

describe('a configuration is refused when it', () => {
  test.each([
    ['is no JSON', 'format: tract-model', 'invalid-config', 'does not parse'],
    ['is no object', '[]', 'invalid-config', 'must be a JSON object'],
    ['is of another format', '{"format":"ml-tract","version":1}', 'invalid-config', 'expected "format": "tract-model", got "ml-tract"'],
    ['is of a newer version', '{"format":"tract-model","version":2}', 'invalid-config', 'this program reads 1'],
    ['has a key twice', '{"format":"tract-model","version":1,"a":1,"a":2}', 'duplicate-name', '"a" occurs twice'],
    ['has the key __proto__', '{"format":"tract-model","version":1,"a":{"__proto__":{"x":1}}}', 'invalid-config', '__proto__'],
    ['nests too deep', `{"format":"tract-model","version":1,"a":${'['.repeat(99)}${']'.repeat(99)}}`, 'invalid-config', 'deeper than 32'],
    ['is too long', `{"format":"tract-model","version":1}${' '.repeat(2 ** 20)}`, 'too-large', 'at most'],
  ])('%s', (_why, text, kind, words) => {
    const read = () => decodeModelConfig(json(text), 'runs/a/config.json');
    expect(read).toThrow(expect.objectContaining({ name: 'CheckpointError', kind }));
    expect(read).toThrow(words);
    expect(read).toThrow('runs/a/config.json');
  });
});

test('the writer refuses what would not read back equal', () => {
  const bad: unknown[] = [{ a: undefined }, { a: Number.NaN }, { a: new Date() }, { a: () => 1 }, { a: 1n }, { a: new Map() }];
  for (const extra of bad) expect(() => encodeModel({ ...config, ...(extra as object) }, tensors)).toThrow(CheckpointError);
  expect(() => encodeModel({ version: 1 } as unknown as ModelConfig, tensors)).toThrow('"format"');
});
