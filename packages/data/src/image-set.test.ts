import { describe, expect, test } from 'vitest';
import { gather, type ImageSet, toBytes } from './image-set.js';

/** Two images of height 2, width 3, two channels; byte = 100 · image + offset. */
const set: ImageSet = {
  images: Uint8Array.from({ length: 24 }, (_, i) => 100 * Math.floor(i / 12) + (i % 12)),
  labels: Uint8Array.of(0, 1),
  count: 2,
  height: 2,
  width: 3,
  channels: 2,
};

test('every byte survives the way to [-1, 1] and back', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const unit = gather({ images: all, labels: Uint8Array.of(0), count: 1, height: 16, width: 16, channels: 1 }, [0]);
  expect([unit[0], unit[255]]).toEqual([-1, 1]);
  expect(toBytes(unit)).toEqual(all);
});

describe('gather', () => {
  test('takes images in the order asked, repeats included', () => {
    const bytes = toBytes(gather(set, [1, 0, 1]));
    expect([...bytes]).toEqual([...set.images.subarray(12), ...set.images.subarray(0, 12), ...set.images.subarray(12)]);
  });

  test('mirrors left to right where told to, channels kept in order', () => {
    const bytes = toBytes(gather(set, [0, 0], { flip: [true, false] }));
    expect([...bytes]).toEqual([4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7, ...set.images.subarray(0, 12)]);
  });

  test('refuses an index outside the set', () => {
    for (const index of [2, -1, 0.5, Number.NaN]) expect(() => gather(set, [index])).toThrow('index must be in [0, 2)');
    expect(() => gather(set, [0, 1], { flip: [true] })).toThrow('flip has 1 entries for 2 indices');
  });
});

describe('toBytes', () => {
  test('rounds to the nearest and clamps', () => {
    const halfway = 0.5 / 127.5;
    expect([...toBytes([-1, -1 + 0.99 * halfway, -1 + 1.01 * halfway, 0, 1, 1.5, -7, Infinity, -Infinity])]).toEqual([
      0, 0, 1, 128, 255, 255, 0, 255, 0,
    ]);
  });
  test('refuses NaN', () => expect(() => toBytes([0, Number.NaN])).toThrow('value 1 is NaN'));
});
