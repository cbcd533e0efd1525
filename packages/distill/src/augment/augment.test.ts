import { expect, test } from 'vitest';
import { augmentImage, augmentImages, augmentLabels, drawAugmentation } from '../index.js';
import { type Affine, identity, product, rotation, scaling, translation } from './affine.js';
import { type ImageShape, resampleImage } from './resample-image.js';
import { sym6 } from './sym6.js';

const shape: ImageShape = { height: 20, width: 24, channels: 2 };
const count = shape.height * shape.width * shape.channels;

/** An image of a function of (x, y) from its middle, in pixels; the second channel is its negative. */
function imageOf(f: (x: number, y: number) => number, { height, width }: ImageShape = shape): Float32Array {
  const values: number[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const value = f(j - (width - 1) / 2, i - (height - 1) / 2);
      values.push(value, -value);
    }
  }
  return Float32Array.from(values);
}

const noisy = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * Math.cos(i * i * 0.7));
const largest = (a: Float32Array, b: Float32Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

test('the filter is the orthonormal one with six vanishing moments', () => {
  for (let shift = 0; shift < 6; shift++) {
    const dot = sym6.reduce((sum, tap, k) => sum + tap * (sym6[k + 2 * shift] ?? 0), 0);
    expect(dot).toBeCloseTo(shift === 0 ? 1 : 0, 11);
  }
  for (let moment = 0; moment < 6; moment++) {
    const alternating = sym6.reduce((sum, tap, k) => sum + (-1) ** k * k ** moment * tap, 0);
    expect(Math.abs(alternating) / 11 ** moment).toBeLessThan(1e-10);
  }
  expect(sym6.reduce((sum, tap) => sum + tap, 0)).toBeCloseTo(Math.SQRT2, 12);
});

test('at probability 0 nothing happens but flips in half of the images, and the label says so', () => {
  const images = new Float32Array(64 * count);
  for (let n = 0; n < 64; n++) images.set(noisy, n * count);
  const augmented = augmentImages(images, shape, { probability: 0, seed: 3, step: 5 });
  const flipped = augmentImage(noisy, shape, { flipX: true, flipY: false, source: identity, label: [] });
  augmented.labels.forEach((label, n) => {
    expect(label).toHaveLength(augmentLabels);
    expect(label.slice(1)).toEqual(Array(8).fill(0));
    expect(augmented.images.subarray(n * count, (n + 1) * count)).toEqual(label[0] === 1 ? flipped : noisy);
  });
  const flips = augmented.labels.filter(([flip]) => flip === 1).length;
  expect(flips).toBeGreaterThan(16); // four standard deviations
  expect(flips).toBeLessThan(48);
});

test('flips are exact, and undo themselves', () => {
  const tilted = imageOf((x, y) => x + 10 * y);
  const flip = (flipX: boolean, flipY: boolean, image: Float32Array) =>
    augmentImage(image, shape, { flipX, flipY, source: identity, label: [] });
  expect(flip(true, false, tilted)).toEqual(imageOf((x, y) => -x + 10 * y));
  expect(flip(false, true, tilted)).toEqual(imageOf((x, y) => x - 10 * y));
  expect(flip(true, true, flip(true, true, noisy))).toEqual(noisy);
});

test('resampling by no map or by whole pixels gives back the pixels, and the mirror beyond the border', () => {
  expect(largest(resampleImage(noisy, shape, identity), noisy)).toBeLessThan(2e-6); // float32 sums of 12·12 terms
  const moved = resampleImage(noisy, shape, translation(-3, 2));
  const { height, width, channels } = shape;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = [Math.abs(x - 3), y + 2 < height ? y + 2 : 2 * (height - 1) - (y + 2)];
      const from = (fromY * width + fromX) * channels;
      expect(moved[(y * width + x) * channels]).toBeCloseTo(noisy[from], 5);
    }
  }
});

test.each<[string, Affine]>([
  ['a rotation', rotation(0.7)],
  ['half a turn', rotation(Math.PI)],
  ['a scale', scaling(0.8, 0.8)],
  ['a slanted scale', product(rotation(0.4), scaling(1.2, 1 / 1.2), rotation(-0.4))],
  ['a part of a pixel', translation(0.37, -0.61)],
])('a smooth image under %s is the image of the mapped places', (_, source) => {
  // A bump that is nothing at the border. Error: linear interpolation at half-pixel steps, (1/2)²/8 times the curvature 0.06 in both directions.
  const bump = (x: number, y: number) => Math.exp(-((x - 1) ** 2 + (y + 0.5) ** 2 / 1.5) / 32);
  const [a, b, tx, c, d, ty] = source;
  const expected = imageOf((x, y) => bump(a * x + b * y + tx, c * x + d * y + ty));
  const resampled = resampleImage(imageOf(bump), shape, source);
  const inside = (i: number) => {
    const pixel = Math.floor(i / 2);
    const [x, y] = [(pixel % shape.width) - 11.5, Math.floor(pixel / shape.width) - 9.5];
    return Math.hypot(x, y) < 7; // elsewhere the mirror may be seen
  };
  expect(
    largest(
      resampled.map((value, i) => (inside(i) ? value : 0)),
      expected.map((value, i) => (inside(i) ? value : 0)),
    ),
  ).toBeLessThan(0.004);
});

test('a plane stays a plane, to the last digits', () => {
  const plane = (x: number, y: number) => 0.03 * x - 0.02 * y + 0.1;
  const moved = resampleImage(imageOf(plane), shape, translation(0.25, 0.5));
  const expected = imageOf((x, y) => plane(x + 0.25, y + 0.5));
  const middle = (values: Float32Array) => values.slice((10 * shape.width + 8) * 2, (10 * shape.width + 16) * 2);
  expect(largest(middle(moved), middle(expected))).toBeLessThan(2e-6);
});

test('what is drawn agrees with its label, and depends on seed, step and sample alone', () => {
  const draws = Array.from({ length: 4000 }, (_, sample) => drawAugmentation(0.5, shape, { seed: 1, step: 2, sample }));
  expect(drawAugmentation(0.5, shape, { seed: 1, step: 2, sample: 7 })).toEqual(draws[7]);
  expect(drawAugmentation(0.5, shape, { seed: 1, step: 3, sample: 7 })).not.toEqual(draws[7]);
  const share = (of: (label: readonly number[]) => boolean) => draws.filter(({ label }) => of(label)).length / draws.length;
  for (const [index, expected] of [
    [0, 0.5],
    [1, 0.25],
    [2, 0.5],
    [3, 0.5],
    [5, 0.5],
    [7, 0.5],
    [8, 0.5],
  ]) {
    expect(Math.abs(share((label) => label[index] !== 0) - expected), `number ${index}`).toBeLessThan(0.032); // four standard errors
  }
  expect(Math.abs(share((label) => label[6] !== 0) - 0.25)).toBeLessThan(0.028);
  for (const { label, source } of draws) {
    const [, , size, cosine, sine, , , x, y] = label;
    const [a, b, , c, d] = source;
    expect(a * d - b * c).toBeCloseTo(2 ** (-0.4 * size), 10); // rotations and anisotropic scales keep areas
    expect((cosine + 1) ** 2 + sine ** 2).toBeCloseTo(1, 12);
    if (label.slice(2, 7).every((value) => value === 0)) expect(source).toEqual(translation(-x * 3 + 0, -y * 2.5 + 0));
    if (label.slice(5).every((value) => value === 0) && size === 0) expect(source[3]).toBeCloseTo(sine, 12);
  }
});

test('what is no probability and no image is refused', () => {
  expect(() => drawAugmentation(1.5, shape, { seed: 0 })).toThrow(/probability must be in \[0, 1\], got 1.5/);
  expect(() => augmentImages(new Float32Array(5), shape, { probability: 0, seed: 0, step: 0 })).toThrow(/images of 960 numbers, got 5/);
});
