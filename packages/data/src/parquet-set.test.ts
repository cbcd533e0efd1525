import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { damagedBytes, readDamaged, soakCount, withinMemory } from '@tract/checkpoint/testing';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { openBatches } from './image-batches.js';
import { allImages, imageAt } from './image-set.js';
import { loadParquet } from './parquet-set.js';

type Fixture = { readonly labels: readonly number[]; readonly pixels: readonly string[]; readonly files: Readonly<Record<string, string>> };
const fixture = JSON.parse(readFileSync(new URL('../fixtures/parquet.json', import.meta.url), 'utf8')) as Fixture;
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(fixture.files[name], 'base64'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const scratch = mkdtempSync(join(tmpdir(), 'tract-parquet-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let places = 0;
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, String(places++));
  for (const [path, name] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytesOf(name));
  }
  return folder;
}
const load = (name: string) => loadParquet(join(folderOf({ 'a.parquet': name }), 'a.parquet'));

const classes = ['cat', 'dog', 'emu'];
test.each<[string, readonly string[] | undefined]>([
  ['as datasets writes it', classes],
  ...['NONE', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4'].map((codec): [string, undefined] => [`packed by ${codec}`, undefined]),
  ['pages of version 2', undefined],
  ['no dictionaries, small pages', undefined],
  ['as DuckDB writes it', undefined],
  ['images as bytes, classes as text', classes],
])('a shard %s gives its images and classes in any order', (name, classNames) => {
  const set = load(name);
  expect(set).toMatchObject({ count: 7, height: 4, width: 4, channels: 3, classNames });
  expect([...set.labels]).toEqual(fixture.labels);
  for (const index of [6, 0, 3, 2, 5, 1, 4, 0]) expect(hex(imageAt(set, index))).toBe(fixture.pixels[index]);
});

test('classes may be truth values or whole numbers in floating point, and one that is none is named', () => {
  expect([...load('classes as floating-point numbers').labels]).toEqual(fixture.labels);
  expect([...load('classes as truth values').labels]).toEqual(fixture.labels.map((label) => Math.min(label, 1)));
  expect(() => load('a class that is none')).toThrow('image 6: its class is 0.5, expected 0 to 65535');
});

test('several shards are one set, in the order of their names, and are read ahead by threads', async () => {
  const folder = folderOf({
    'data/train-00000-of-00002.parquet': 'packed by ZSTD',
    'data/train-00001-of-00002.parquet': 'as datasets writes it',
    'data/test-00000-of-00001.parquet': 'packed by NONE',
  });
  expect(() => loadParquet(folder)).toThrow(/holds several splits \(test, train\); name the files of one, such as .*test-\*\.parquet/);
  const set = loadParquet(join(folder, 'data/train-*.parquet'));
  expect([set.count, ...set.labels]).toEqual([14, ...fixture.labels, ...fixture.labels]);
  expect(hex(imageAt(set, 9))).toBe(fixture.pixels[2]);
  expect(hex(allImages(set))).toBe([...fixture.pixels, ...fixture.pixels].join(''));
  const batches = openBatches(set, { seed: 1, batchSize: 14, threads: 2 });
  const { images, slots } = await batches.pick(0);
  const seen = Array.from(slots, (index) => hex(imageAt(images, index)));
  expect(seen.toSorted()).toEqual([...fixture.pixels, ...fixture.pixels].toSorted());
  await batches.close();
});

test('a split whose classes are kept back has none, and classes can be left out', () => {
  expect(load('classes that are kept back').labels).toHaveLength(0);
  const path = join(folderOf({ 'a.parquet': 'packed by NONE' }), 'a.parquet');
  expect(loadParquet(path, { labels: false }).labels).toHaveLength(0);
});

test('another shard has another fingerprint, another place has not', () => {
  const prints = ['packed by NONE', 'packed by NONE', 'packed by ZSTD'].map((name) => load(name).fingerprint?.());
  expect(prints[0]).toMatch(/^[\da-f]{64}$/);
  expect(prints[1]).toBe(prints[0]);
  expect(prints[2]).not.toBe(prints[0]);
});

test.each([
  ['no images', 'no column of it holds images as bytes (columns: text, label)'],
  ['two columns of images', "several columns hold images (before.bytes, after.bytes); keep one, as 'image'"],
  ['deltas', 'written as DELTA_LENGTH_BYTE_ARRAY, PLAIN and dictionaries are read'],
])('%s: refused by name', (name, words) => {
  expect(() => load(name)).toThrow(words);
  expect(() => load(name)).toThrow(DataError);
});

test('an image that is missing is named when it is asked for', () => {
  const set = load('an image that is missing');
  expect(hex(imageAt(set, 5))).toBe(fixture.pixels[5]);
  expect(() => imageAt(set, 4)).toThrow(/image 4 \(a\.parquet, row 4\): has no image bytes/);
});

test('what is no shard, or not there, is named', () => {
  const folder = join(scratch, 'none');
  mkdirSync(folder);
  expect(() => loadParquet(folder)).toThrow('none: there are no .parquet files in it');
  expect(() => loadParquet(join(folder, 'a-{0..2}.parquet'))).toThrow('a-0.parquet: no such file or folder');
  writeFileSync(join(folder, 'a.parquet'), 'version https://git-lfs.github.com/spec/v1');
  expect(() => loadParquet(folder)).toThrow('does not end with PAR1');
});

test('whatever is wrong with a shard, there are images or a DataError', async () => {
  const sound = [
    'as datasets writes it',
    'as DuckDB writes it',
    'packed by SNAPPY',
    'pages of version 2',
    'no dictionaries, small pages',
  ].map(bytesOf);
  const path = join(scratch, 'fuzz.parquet');
  const readWritten = (bytes: Uint8Array): Uint8Array => {
    writeFileSync(path, bytes);
    return allImages(loadParquet(path));
  };
  await withinMemory(() =>
    fc.assert(
      fc.asyncProperty(damagedBytes(sound), (bytes) => readDamaged(readWritten, bytes, DataError)),
      { numRuns: soakCount('INPUTS', 1000) },
    ),
  );
});
