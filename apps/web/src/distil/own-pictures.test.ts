import { expect, test } from 'vitest';
import { inGrey, moved, pictureBytes, pictureSize } from './own-pictures.js';

test('a picture is moved nine ways, its border drawn out', () => {
  const picture = Uint8Array.from({ length: pictureBytes }, (_, i) => (i % pictureSize) + 3 * Math.floor(i / pictureSize));
  const all = moved(picture);
  expect(all.length).toBe(9 * pictureBytes);
  expect(all.subarray(4 * pictureBytes, 5 * pictureBytes)).toEqual(picture);
  // The first goes up and to the left by two: what was at (2, 2) is now at (0, 0), and the last column stands three times.
  expect(all[0]).toBe(2 + 3 * 2);
  expect([25, 26, 27].map((x) => all[x])).toEqual([27 + 6, 27 + 6, 27 + 6]);
});

test('grey is the luma of a pixel', () => {
  expect([...inGrey(new Uint8ClampedArray([255, 255, 255, 255, 255, 0, 0, 255, 0, 0, 0, 255]))]).toEqual([255, 76, 0]);
});
