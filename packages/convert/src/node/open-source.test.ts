import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedArray, writeTorch } from '@tract/checkpoint';
import { afterAll, expect, test } from 'vitest';
import { ConvertError } from '../convert-error.js';
import { openSource } from './open-source.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-open-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test.each([
  ['orbax', '_CHECKPOINT_METADATA', 'a checkpoint of Orbax', 'PyTreeCheckpointer'],
  ['orbax-ocdbt', 'manifest.ocdbt', 'a checkpoint of Orbax', 'PyTreeCheckpointer'],
  ['dcp', '__0_0.distcp', 'a checkpoint of torch.distributed.checkpoint', 'dcp_to_torch'],
])('a folder %s, known by %s, is refused by name with the way of its own library', (name, file, what, remedy) => {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, file), 'x');
  expect(() => openSource(folder)).toThrow(ConvertError);
  expect(() => openSource(folder)).toThrow(`${folder} is ${what}`);
  expect(() => openSource(folder)).toThrow(remedy);
  expect(() => openSource(folder)).toThrow(folder);
});

test('a .distcp, several archives end to end, is never read as one of them', () => {
  const archive = writeTorch([['a', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]);
  const path = join(scratch, '__0_0.distcp');
  writeFileSync(path, Buffer.concat([archive, archive]));
  expect(() => openSource(path)).toThrow('several archives end to end, as in a .distcp of torch.distributed.checkpoint, are not read');
});

test('shards of torch.save, which a *.bin.index.json names, are one checkpoint', () => {
  const array = (value: number): NamedArray => ({ dtype: 'F32', shape: [1], data: Float32Array.of(value) });
  const shards = { 'pytorch_model-00001-of-00002.bin': ['a', 1], 'pytorch_model-00002-of-00002.bin': ['b', 2] } as const;
  for (const [name, [tensor, value]] of Object.entries(shards)) writeFileSync(join(scratch, name), writeTorch([[tensor, array(value)]]));
  const index = join(scratch, 'pytorch_model.bin.index.json');
  const map = Object.fromEntries(Object.entries(shards).map(([name, [tensor]]) => [tensor, name]));
  writeFileSync(index, JSON.stringify({ metadata: { total_size: 8 }, weight_map: map }));
  const source = openSource(index);
  expect(source.container).toBe('torch');
  expect(Array.from(source.content.tensors, ([name, { data }]) => [name, data[0]])).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  source.close();
});

test.each([
  ['\x89HDF\r\n\x1a\n', 'a file of HDF5, as Keras writes it'],
  ['GGUF\x03\0\0\0', 'a file of GGUF'],
  ['', 'empty'],
])('%j is named for what it is', (content, what) => {
  const path = join(scratch, 'other.pt');
  writeFileSync(path, content, 'latin1');
  expect(() => openSource(path)).toThrow(`${path} is ${what}; expected safetensors or an index of them`);
});
