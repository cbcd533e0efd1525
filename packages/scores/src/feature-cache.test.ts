import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { collectFeatures, collectStatistics } from './collect-features.js';
import type { ReadyExtractor } from './extractors.js';
import { openFeatureCache } from './feature-cache.js';

const folder = mkdtempSync(join(tmpdir(), 'tract-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));

const images = { data: Uint8Array.of(0, 10, 20, 30, 40, 50), count: 3, height: 1, width: 2, channels: 1 };
let extracted = 0;
const meanExtractor = (identity: string): ReadyExtractor => ({
  extractor: {
    name: 'mean',
    kinds: ['features'],
    extract: async ({ data, count }) => {
      extracted += count;
      const values = Float32Array.from({ length: count }, (_, i) => (data[2 * i] + data[2 * i + 1]) / 2);
      return new Map([['features', { values, dimensions: 1 }]]);
    },
  },
  identity,
  batch: 2,
  free: () => {},
});
const warnings: string[] = [];
const collect = async (identity = 'mean', set = images, place = folder) => {
  const cache = openFeatureCache(place, (sentence) => warnings.push(sentence));
  const done: number[] = [];
  const rows = await collectFeatures(set, meanExtractor(identity), ['features'], { source: 'a', cache, onBatch: (n) => void done.push(n) });
  return { values: [...rows.get('features')!.values], done };
};
beforeEach(() => {
  extracted = 0;
  warnings.length = 0;
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

test('features are extracted once for the same images and extractor', async () => {
  expect(await collect()).toEqual({ values: [5, 25, 45], done: [2, 3] });
  expect(await collect()).toEqual({ values: [5, 25, 45], done: [] });
  expect(extracted).toBe(3);
  await collect('mean of other weights');
  await collect('mean', { ...images, data: Uint8Array.of(0, 10, 20, 30, 40, 52) });
  await collect('mean', { ...images, height: 2, width: 1 });
  expect(extracted).toBe(12);
  expect(readdirSync(folder)).toHaveLength(4);
  expect(warnings).toEqual([]);
});

test.each<[string, (path: string) => void]>([
  ['cut short', (path) => truncateSync(path, readFileSync(path).length - 1)],
  [
    'changed in one bit',
    (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] ^= 1;
      writeFileSync(path, bytes);
    },
  ],
])('a file that was %s is not believed, told of and replaced', async (_name, damage) => {
  await collect();
  const path = join(folder, readdirSync(folder)[0]);
  const whole = readFileSync(path);
  damage(path);
  expect((await collect()).values).toEqual([5, 25, 45]);
  expect(warnings).toEqual([`${path} is not whole; the features are worked out anew`]);
  expect(readFileSync(path)).toEqual(whole);
});

test('a folder that cannot be made costs the cache, not the features', async () => {
  writeFileSync(join(folder, 'file'), '');
  expect((await collect('mean', images, join(folder, 'file', 'cache'))).values).toEqual([5, 25, 45]);
  expect(warnings).toEqual([expect.stringContaining('the features are not kept for another time: ')]);
});

test('features of many megabytes are read in parts, which make up the whole', async () => {
  const count = 5;
  // Two rows are 4 MB, which is what is read at once.
  const dimensions = 2 ** 19;
  const wide: ReadyExtractor = {
    ...meanExtractor('wide'),
    extractor: {
      name: 'wide',
      kinds: ['features'],
      extract: async ({ data, count: n }) => {
        extracted += n;
        const values = new Float32Array(n * dimensions);
        for (let i = 0; i < n; i++) values.fill(data[2 * i], i * dimensions, (i + 1) * dimensions);
        return new Map([['features', { values, dimensions }]]);
      },
    },
  };
  const many = { data: Uint8Array.from({ length: 2 * count }, (_, i) => (i * 37) % 251), count, height: 1, width: 2, channels: 1 };
  const cache = openFeatureCache(folder, (sentence) => warnings.push(sentence));
  const firsts = async () => {
    const { values } = (await collectFeatures(many, wide, ['features'], { source: 'a', cache })).get('features')!;
    return Array.from({ length: count }, (_, i) => [values[i * dimensions], values[(i + 1) * dimensions - 1]]);
  };
  const wanted = Array.from({ length: count }, (_, i) => [many.data[2 * i], many.data[2 * i]]);
  expect(await firsts()).toEqual(wanted);
  expect(await firsts()).toEqual(wanted);
  expect(extracted).toBe(count);
  expect(warnings).toEqual([]);
});

test('of an extraction that is stopped nothing is kept, nor of one that a killed process began a day ago', async () => {
  const abandoned = join(folder, 'a.safetensors.1.tmp');
  writeFileSync(abandoned, 'half');
  utimesSync(abandoned, 1, 1);
  const cache = openFeatureCache(folder, (sentence) => warnings.push(sentence));
  const onBatch = () => {
    throw new Error('stop');
  };
  await expect(collectFeatures(images, meanExtractor('mean'), ['features'], { source: 'a', cache, onBatch })).rejects.toThrow('stop');
  expect(readdirSync(folder)).toEqual([]);
  expect(warnings).toEqual([]);
});

test('statistics come from the cache too, and leave features there', async () => {
  const cache = openFeatureCache(folder, (sentence) => warnings.push(sentence));
  const statistics = () => collectStatistics(images, meanExtractor('mean'), ['features'], { source: 'a', cache });
  const first = await statistics();
  expect(first.get('features')).toMatchObject({ count: 3, mean: Float64Array.of(25), covariance: Float64Array.of(400) });
  expect(await statistics()).toEqual(first);
  expect((await collect()).values).toEqual([5, 25, 45]);
  expect(extracted).toBe(3);
});
