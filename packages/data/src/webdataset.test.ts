import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { damagedBytes, readDamaged, soakCount, withinMemory } from '@tract/checkpoint/testing';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { allImages, imageAt } from './image-set.js';
import { tarOf } from './testing/archives.js';
import { loadWebDataset } from './webdataset.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-webdataset-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const pixels = (seed: number): Uint8Array => Uint8Array.from({ length: 12 }, (_, i) => (seed * 41 + i * 7) % 256);
const png = (seed: number): Uint8Array => encode({ width: 2, height: 2, channels: 3, data: pixels(seed) });
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
type Files = Readonly<Record<string, Uint8Array | string>>;
const tar = (files: Files): Uint8Array =>
  tarOf(Object.entries(files).map(([name, data]) => ({ name, data: typeof data === 'string' ? text(data) : data })));

let places = 0;
function shardsOf(shards: Readonly<Record<string, Files>>): string {
  const folder = join(scratch, String(places++));
  mkdirSync(folder);
  for (const [name, files] of Object.entries(shards)) writeFileSync(join(folder, name), tar(files));
  return folder;
}

const first = { '000.cls': '2', '000.png': png(0), '001.png': png(1), '001.cls': '0\n', '001.txt': 'a caption' };
const second = {
  'part/002.seg.png': png(2),
  'part/002.json': '{"label": "1", "caption": "c"}',
  'part/003.PNG': png(3),
  'part/003.cls': '7',
};
const folder = shardsOf({ 'a-000000.tar': first, 'a-000001.tar': second, 'other.txt': {} });

test.each(['', '/a-{000000..000001}.tar', '/a-*.tar', '/a-{000000,000001}.tar'])(
  'shards named by DIR%s are one set with their classes',
  (pattern) => {
    const set = loadWebDataset(`${folder}${pattern}`);
    expect(set).toMatchObject({ count: 4, height: 2, width: 2, channels: 3 });
    expect([...set.labels]).toEqual([2, 0, 1, 7]);
    expect([0, 1, 2, 3].map((index) => imageAt(set, index))).toEqual([0, 1, 2, 3].map(pixels));
  },
);

test('one shard is a set, and classes can be left out', () => {
  const set = loadWebDataset(join(folder, 'a-000001.tar'), { labels: false });
  expect([set.count, set.labels.length]).toEqual([2, 0]);
});

test('samples without a picture and files of the operating system are counted', () => {
  const place = shardsOf({ 'a.tar': { '._0.png': 'x', '0.png': png(0), '1.txt': 'a', '2.json': '{}' } });
  expect(loadWebDataset(place).leftOut).toEqual([
    { kind: 'files of the operating system', count: 1, example: 'a.tar/._0.png' },
    { kind: 'samples without a picture', count: 2, example: 'a.tar/1.txt' },
  ]);
});

test.each<[string, Files, string]>([
  ['a class that some lack', { '0.png': png(0), '0.cls': '1', '1.png': png(1) }, 'image 1 (a.tar/1.png): it has no class'],
  ['a class that is no number', { '0.png': png(0), '0.cls': 'cat' }, '0.cls: expected a class number from 0, got "cat"'],
  ['a class below 0', { '0.png': png(0), '0.json': '{"cls": -1}' }, '0.json: expected a class number from 0, got -1'],
  ['a note that is no JSON', { '0.png': png(0), '0.json': '{' }, '0.json: it is no JSON'],
  ['no pictures', { '0.txt': 'a' }, 'no samples with a picture'],
])('%s: refused by name', (_what, files, words) => {
  const place = shardsOf({ 'a.tar': files });
  expect(() => loadWebDataset(place)).toThrow(words);
  expect(() => loadWebDataset(place)).toThrow(DataError);
});

test('a packed shard is refused with what unpacks it', () => {
  const place = join(shardsOf({}), 'a.tar');
  writeFileSync(place, gzipSync(tar(first)));
  expect(() => loadWebDataset(place)).toThrow(`packed by gzip, which is not read; unpack it: gunzip --keep ${place}`);
});

test('whatever is wrong with a shard, there are images or a DataError', async () => {
  const path = join(scratch, 'fuzz.tar');
  const readWritten = (bytes: Uint8Array): Uint8Array => {
    writeFileSync(path, bytes);
    return allImages(loadWebDataset(path));
  };
  const sound = [tar(first), tar(second)];
  await withinMemory(() =>
    fc.assert(
      fc.asyncProperty(damagedBytes(sound), (bytes) => readDamaged(readWritten, bytes, DataError)),
      { numRuns: soakCount('INPUTS', 500) },
    ),
  );
});
