import { mul, randomNormals, read, readScalar, scale, sum, tensor, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { filterResampler } from './resample.js';

beforeAll(() => useBackend('cpu'));

const normals = (sample: number, shape: readonly number[]) =>
  tensor(
    randomNormals(
      { seed: 1, stream: 1, step: 0, sample },
      shape.reduce((a, b) => a * b, 1),
    ),
    shape,
  );

const filters = [
  [1, 1],
  [1, 3, 3, 1],
  [3, 1],
  [1, 2, 5, -1],
  [1, 4, 10, 10, 4, 1],
];

test.each(filters.map((taps) => [taps]))(
  'through %j, halving is the filter at every second pixel, zeros around the image',
  async (taps) => {
    const [height, width] = [6, 10];
    const x = normals(0, [1, height, width, 1]);
    const values = await read(x);
    const total = taps.reduce((a, b) => a + b, 0);
    const pad = taps.length / 2 - 1;
    const pixel = (row: number, column: number) =>
      row < 0 || column < 0 || row >= height || column >= width ? 0 : values[row * width + column];
    const halved = filterResampler(taps).down(x);
    expect(halved.shape).toEqual([1, 3, 5, 1]);
    (await read(halved)).forEach((value, at) => {
      const [row, column] = [2 * Math.floor(at / 5) - pad, 2 * (at % 5) - pad];
      const expected = taps.reduce(
        (rows, down, i) => rows + down * taps.reduce((sum, right, j) => sum + right * pixel(row + i, column + j), 0),
        0,
      );
      expect(value).toBeCloseTo(expected / total ** 2, 5); // float32 sum of at most 36 terms
    });
  },
);

test.each(filters.map((taps) => [taps]))('through %j, doubling is four times the transpose of halving', async (taps) => {
  const { up, down } = filterResampler(taps);
  const [small, large] = [normals(1, [2, 3, 4, 3]), normals(2, [2, 6, 8, 3])];
  const [left, right] = [sum(mul(up(small), large)), sum(mul(small, scale(down(large), 4)))];
  expect(await readScalar(left)).toBeCloseTo(await readScalar(right), 3); // float32 sums of some hundred terms
});

test('a convolution before halving is seen beyond the border', async () => {
  const conv = { kernel: normals(3, [3, 3, 1, 2]), bias: normals(4, [2]) };
  const open = filterResampler([1, 3, 3, 1]).convolveDown(conv, normals(5, [1, 4, 4, 1]));
  // The same with a frame of zeros around the image, whose border is two pixels further out.
  const framed = normals(5, [1, 4, 4, 1]);
  const values = new Float32Array(64);
  (await read(framed)).forEach((value, i) => {
    values[(2 + Math.floor(i / 4)) * 8 + 2 + (i % 4)] = value;
  });
  const wide = await read(filterResampler([1, 3, 3, 1]).convolveDown(conv, tensor(values, [1, 8, 8, 1])));
  const inner = await read(open);
  for (const [row, column] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    for (const channel of [0, 1]) {
      expect(inner[(row * 2 + column) * 2 + channel]).toBeCloseTo(wide[((row + 1) * 4 + column + 1) * 2 + channel], 5);
    }
  }
});
