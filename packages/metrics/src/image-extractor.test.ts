import '@tensorflow/tfjs-backend-cpu';
import { memory, reshape, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import { extractImages, type ImageExtractor, tensorExtractor } from './image-extractor.js';
import { partOfSeries } from './image-series.js';
import { networkInput } from './network-input.js';
import { distance } from './testing/random-matrices.js';

beforeAll(() => useBackend('cpu'));

const images = { data: Uint8Array.from({ length: 5 * 4 }, (_, i) => 12 * i), count: 5, height: 2, width: 2, channels: 1 };
const pixels = tensorExtractor('pixels', (x) => reshape(x, [x.shape[0], 4]));

test('rows come in the order of the images, whatever the batch, and nothing stays behind', async () => {
  const expected = Float32Array.from(images.data, (byte) => byte / 127.5 - 1);
  const before = memory().tensors;
  for (const batch of [1, 2, 5, 32]) {
    const done: number[] = [];
    const rows = await extractImages(pixels, images, ['features'], { batch, onBatch: (n) => void done.push(n) });
    expect(rows.get('features')).toEqual({ values: expected, dimensions: 4 });
    expect(done.at(-1)).toBe(5);
  }
  expect(memory().tensors).toBe(before);
});

test('a part of a series is its images, also of a part, and none beyond', () => {
  const inner = partOfSeries(partOfSeries(images, 1, 4), 1, 2);
  expect(inner.take(0, 9)).toEqual({ ...images, count: 2, data: images.data.subarray(8, 16) });
  expect(inner.take(1, 1).data).toEqual(images.data.subarray(12, 16));
  expect(() => partOfSeries(images, 3, 3)).toThrow('expected images 3 to 6 of a series, which has 5');
});

test('a function is an extractor too; what it gives is checked', async () => {
  const giving = (values: (count: number) => number[]): ImageExtractor => ({
    name: 'a function',
    kinds: ['features'],
    extract: async ({ count }) => new Map([['features', { values: Float32Array.from(values(count)), dimensions: 1 }]]),
  });
  const rows = await extractImages(
    giving((count) => Array.from({ length: count }, () => 7)),
    images,
    ['features'],
    { batch: 2 },
  );
  expect([...rows.get('features')!.values]).toEqual([7, 7, 7, 7, 7]);
  await expect(
    extractImages(
      giving(() => [1]),
      images,
      ['features'],
    ),
  ).rejects.toThrow('a function must give 5 rows of 1 features, got 1 numbers');
  await expect(
    extractImages(
      giving((count) => Array.from({ length: count }, () => Number.NaN)),
      images,
      ['features'],
    ),
  ).rejects.toThrow('features of images from 0 on, entry 0 must be finite, got NaN');
  await expect(extractImages(pixels, images, ['logits'])).rejects.toThrow('pixels gives features and no logits');
  await expect(extractImages(pixels, { ...images, count: 0, data: new Uint8Array(0) }, ['features'])).rejects.toThrow(
    'there are no images',
  );
});

test('the modes of preprocessing, by hand', () => {
  const line = { data: Uint8Array.of(0, 255), count: 1, height: 1, width: 2, channels: 1 };
  const input = (mode: 'clean' | 'pytorch-fid' | 'tf1', width = 4) =>
    [...networkInput(line, mode, { height: 1, width })].filter((_, i) => i % 3 === 1);
  expect(input('pytorch-fid')).toEqual([-1, -0.5, 0.5, 1]);
  expect(input('tf1')).toEqual([-1, -0.00390625, 0.9921875, 0.9921875]);
  // Keys' cubic, cut at the border and normalised, overshoots to both sides and is held inside the range.
  const clean = input('clean');
  expect([clean[0], clean[3]]).toEqual([-1, 127 / 128]);
  expect(distance([clean[1] + clean[2]], [-1 / 128])).toBeLessThan(1e-6);
  expect(input('pytorch-fid', 2)).toEqual([-1, 1]);
  expect(() => networkInput({ ...line, channels: 2, width: 1 }, 'tf1', { height: 1, width: 2 })).toThrow('expected 1 or 3 channels, got 2');
});
