import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openFixture } from '../testing/fixture.js';
import { distance, randomNumbers } from '../testing/random-matrices.js';
import { resizeBilinear } from './bilinear-resize.js';
import { resizePillow } from './pillow-resize.js';
import { pillowFilters } from './pillow-weights.js';
import type { Raster } from './raster.js';

const { array, float32 } = openFixture('resize');

function fixtureImage(name: string): Raster<Uint8Array> {
  const { shape, bytes } = array(name);
  return { data: bytes, height: shape[0], width: shape[1], channels: shape[2] };
}
const square = (size: number) => ({ height: size, width: size });
const asFloats = ({ data, ...size }: Raster): Raster<Float32Array> => ({ data: Float32Array.from(data), ...size });

describe('Pillow’s bytes, exactly', () => {
  test.each(pillowFilters.flatMap((filter) => [[filter, 75, 'up75', 'image'] as const, [filter, 24, 'down24', 'large'] as const]))(
    '%s to %d',
    (filter, size, name, from) => {
      expect(resizePillow(fixtureImage(from), square(size), filter).data).toEqual(fixtureImage(`${filter}.${name}`).data);
    },
  );
});

test('Pillow’s bicubic in float, and torch’s bilinear', () => {
  const image = asFloats(fixtureImage('image'));
  // one float32 rounding of values to 255 after each pass, in the same order
  expect(distance(resizePillow(image, square(75), 'bicubic').data, float32('bicubic.float.up75'))).toBeLessThan(1e-4);
  // torch's own results differ by 3e-4 of 255 from machine to machine: its sums are float32, and fused or not
  expect(distance(resizeBilinear(image, square(75), 'half-pixel').data, float32('bilinear.torch.up75')) / 255).toBeLessThan(2e-6);
});

describe('every resizer', () => {
  const resizers = {
    ...Object.fromEntries(
      pillowFilters.map((filter) => [filter, (image: Raster, to: { height: number; width: number }) => resizePillow(image, to, filter)]),
    ),
    'half-pixel': (image: Raster, to: { height: number; width: number }) => resizeBilinear(image, to, 'half-pixel'),
    corner: (image: Raster, to: { height: number; width: number }) => resizeBilinear(image, to, 'corner'),
  };
  const size = fc.integer({ min: 1, max: 40 });
  test.each(Object.entries(resizers))('%s keeps a flat image flat and its own size unchanged', (_name, resize) => {
    fc.assert(
      fc.property(size, size, size, size, fc.integer({ min: 0, max: 255 }), (height, width, newHeight, newWidth, value) => {
        const flat = { data: new Uint8Array(height * width * 2).fill(value), height, width, channels: 2 };
        const to = { height: newHeight, width: newWidth };
        expect(new Set(resize(flat, to).data)).toEqual(new Set([value]));
        expect(distance(resize(asFloats(flat), to).data, new Float32Array(newHeight * newWidth * 2).fill(value))).toBeLessThan(1e-4);
        const own = Uint8Array.from(randomNumbers(value, flat.data.length), (v) => 255 * (v + 0.5));
        expect([...resize({ ...flat, data: own }, { height, width }).data]).toEqual([...own]);
      }),
      { numRuns: 40 },
    );
  });
});

test('a line of pixels by hand: the corner is anchored, the centre is not', () => {
  const line = { data: Float32Array.of(0, 4), height: 1, width: 2, channels: 1 };
  expect([...resizeBilinear(line, { height: 1, width: 4 }, 'corner').data]).toEqual([0, 2, 4, 4]);
  expect([...resizeBilinear(line, { height: 1, width: 4 }, 'half-pixel').data]).toEqual([0, 1, 3, 4]);
});

test('sizes that cannot be are refused by name', () => {
  const image = { data: new Uint8Array(12), height: 2, width: 2, channels: 3 };
  expect(() => resizePillow(image, { height: 0, width: 2 }, 'box')).toThrow('new height must be an integer ≥ 1, got 0');
  expect(() => resizeBilinear({ ...image, channels: 4 }, square(2), 'corner')).toThrow('2 × 2 × 4 needs 16 values, got 12');
});
