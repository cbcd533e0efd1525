import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTorch } from '@tract/checkpoint';
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
