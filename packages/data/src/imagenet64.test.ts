import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NamedArray, writeNpz } from '@tract/checkpoint';
import { afterAll, expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { imageAt } from './image-set.js';
import { loadImageNet64 } from './imagenet64.js';
import { pickledBatch } from './testing/archives.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-imagenet64-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const byteAt = (image: number, y: number, x: number, channel: number): number => (image * 7 + y * 5 + x * 3 + channel * 101) % 256;
const planes = (first: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count * 12288 }, (_, i) => byteAt(first + Math.floor(i / 12288), (i >> 6) & 63, i & 63, (i >> 12) % 3));
const pixels = (image: number): Uint8Array =>
  Uint8Array.from({ length: 12288 }, (_, i) => byteAt(image, Math.floor(i / 192), Math.floor(i / 3) % 64, i % 3));

const data = (first: number, count: number): NamedArray => ({ dtype: 'U8', shape: [count, 12288], data: planes(first, count) });
const labels = (numbers: readonly number[]): NamedArray => ({
  dtype: 'I64',
  shape: [numbers.length],
  data: BigInt64Array.from(numbers, BigInt),
});

test('ten batches are one set, colours last, classes from 0', async () => {
  for (let n = 0; n < 10; n++)
    writeFileSync(
      join(scratch, `train_data_batch_${n + 1}.npz`),
      writeNpz([
        ['data', data(2 * n, 2)],
        ['labels', labels([n + 1, 1000 - n])],
      ]),
    );
  const set = await loadImageNet64('train', scratch);
  expect([set.count, set.height, set.width, set.channels]).toEqual([20, 64, 64, 3]);
  expect([...set.labels].slice(-4)).toEqual([8, 991, 9, 990]);
  for (const i of [0, 1, 2, 19]) expect(imageAt(set, i)).toEqual(pixels(i));
});

test('batches as Python pickles them are the same set: of protocol 2 in memory, of 4 read as they are needed', async (context) => {
  const folder = join(scratch, 'pickles');
  mkdirSync(folder);
  writeFileSync(join(folder, 'val_data'), pickledBatch(planes(3, 2), [1, 20], [12288]));
  const inMemory = await loadImageNet64('val', folder);
  expect([inMemory.count, ...inMemory.labels]).toEqual([2, 0, 19]);
  expect([imageAt(inMemory, 0), imageAt(inMemory, 1)]).toEqual([pixels(3), pixels(4)]);
  if (spawnSync('python3', ['-c', 'import numpy']).status !== 0) return context.skip('python3 with numpy is not installed');
  const code = `import sys, pickle, numpy as np
for n in range(10):
  data = np.frombuffer(sys.stdin.buffer.read(8 * 12288), np.uint8).reshape(8, 12288)
  batch = {'data': data, 'labels': [n + 1] * 7 + [1000 - n], 'mean': np.zeros(12288)}
  pickle.dump(batch, open(f'{sys.argv[1]}/train_data_batch_{n + 1}', 'wb'), int(sys.argv[2]))`;
  for (const protocol of ['2', '4']) {
    const made = spawnSync('python3', ['-c', code, folder, protocol], { input: planes(0, 80), encoding: 'utf8' });
    expect(made.stderr).toBe('');
    const set = await loadImageNet64('train', folder);
    expect([set.count, ...set.labels.slice(-3)]).toEqual([80, 9, 9, 990]);
    for (const i of [0, 1, 8, 79]) expect(imageAt(set, i)).toEqual(pixels(i));
    expect(set.stored !== undefined).toBe(protocol === '4');
  }
});

const sound = { data: data(0, 2), labels: labels([1, 2]) };
test.each<[string, Record<string, NamedArray>, string]>([
  ['no images', { labels: sound.labels }, "'data' must be uint8"],
  ['images of another size', { ...sound, data: { dtype: 'U8', shape: [2, 3072], data: new Uint8Array(6144) } }, 'got U8 [2,3072]'],
  ['too few labels', { ...sound, labels: labels([1]) }, 'each of the 2 images, got I64 [1]'],
  ['a class of 0', { ...sound, labels: labels([1, 0]) }, 'image 1 has the label 0, expected 1 to 1000'],
])('%s: refused', async (what, arrays, words) => {
  const folder = join(scratch, what);
  mkdirSync(folder);
  writeFileSync(join(folder, 'val_data.npz'), writeNpz(Object.entries(arrays)));
  const error = await loadImageNet64('val', folder).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain(join(folder, 'val_data.npz'));
  expect(error.message).toContain(words);
});

test('a missing file, and one that is no archive', async () => {
  await expect(loadImageNet64('val', scratch)).rejects.toThrow(/val_data\.npz: cannot be opened \(ENOENT\)/);
  writeFileSync(join(scratch, 'val_data.npz'), 'text');
  await expect(loadImageNet64('val', scratch)).rejects.toBeInstanceOf(DataError);
});
