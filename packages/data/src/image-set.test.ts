import { toBytes } from '@tract/images';
import { describe, expect, test } from 'vitest';
import { gather, type ImageSet } from './image-set.js';

/** Two images of height 2, width 3, two channels; byte = 100 · image + offset. */
const set: ImageSet = {
  data: Uint8Array.from({ length: 24 }, (_, i) => 100 * Math.floor(i / 12) + (i % 12)),
  labels: Uint8Array.of(0, 1),
  count: 2,
  height: 2,
  width: 3,
  channels: 2,
};

describe('gather', () => {
  test('takes images in the order asked, repeats included', () => {
    const bytes = toBytes(gather(set, [1, 0, 1]));
    expect([...bytes]).toEqual([...set.data.subarray(12), ...set.data.subarray(0, 12), ...set.data.subarray(12)]);
  });

  test('mirrors left to right where told to, channels kept in order', () => {
    const bytes = toBytes(gather(set, [0, 0], { flip: [true, false] }));
    expect([...bytes]).toEqual([4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7, ...set.data.subarray(0, 12)]);
  });

  test('refuses an index outside the set', () => {
    for (const index of [2, -1, 0.5, Number.NaN]) expect(() => gather(set, [index])).toThrow('index must be in [0, 2)');
    expect(() => gather(set, [0, 1], { flip: [true] })).toThrow('flip has 1 entries for 2 indices');
  });
});
