import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { collectFeatures } from './collect-features.js';
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
