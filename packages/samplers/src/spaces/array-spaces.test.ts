import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float32Space, float32SpaceWith, hashNormals, normalsPerImage, startNoise } from '../index.js';
import { fromHalf, toHalf } from './half.js';
import { float16SpaceWith } from './index.js';

const float16Space = float16SpaceWith();
const weights = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 7 });

describe('combine', () => {
  test('of any number of terms has the bits of a float64 sum in their order, rounded once', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 2100 }), (coefficients, length) => {
        const terms = coefficients.map((coefficient, k) => [coefficient, float32Space.noise(new Float32Array(length), k)] as const);
        const expected = Float32Array.from({ length }, (_, i) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * x[i], 0));
        expect(new Uint32Array(float32Space.combine(terms).buffer)).toEqual(new Uint32Array(expected.buffer));
      }),
      { numRuns: 40 },
    );
  });

  test('refuses another kind of array, which would be added up as something else', () => {
    expect(() => float32Space.combine([[1, new Uint16Array(2) as never]])).toThrow(
      /float32Space: a vector is no Float32Array but of kind Uint16Array/,
    );
    expect(() => float16Space.combine([[1, new Float32Array(2) as never]])).toThrow(
      /float16Space: a vector is no Uint16Array but of kind Float32Array/,
    );
    expect(float32Space.fault?.({ data: new Float32Array(1) })).toMatch(/hand over its \.data/);
  });
});

describe('half precision', () => {
  test('every one of its numbers comes back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00 || (bits & 1023) === 0);
    expect(toHalf(fromHalf(all))).toEqual(all);
    expect(fromHalf(toHalf([Number.NaN]))[0]).toBeNaN();
  });

  test('rounds to the nearest, ties to even', () => {
    const cases: [number, number][] = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [1 + 2 ** -11 + 2 ** -40, 1 + 2 ** -10],
      [2 ** -25, 0],
      [2 ** -25 * 1.0001, 2 ** -24],
      [65519.99, 65504],
      [65520, Number.POSITIVE_INFINITY],
      [-1e300, Number.NEGATIVE_INFINITY],
      [2 ** -14 - 2 ** -26, 2 ** -14],
    ];
    for (const [given, expected] of cases) expect([given, fromHalf(toHalf([given]))[0]]).toEqual([given, expected]);
  });

  test('adds in float64 and rounds once', () => {
    const terms = [2048, 1, 1].map((value) => [1, toHalf([value])] as const); // 2048 + 1 is a tie that rounds to 2048
    expect(fromHalf(float16Space.combine(terms))[0]).toBe(2050);
    expect(fromHalf(float16Space.clamp(toHalf([-3, 0.5, 3]), -1, 1))).toEqual(Float32Array.of(-1, 0.5, 1));
  });
});

describe('noise', () => {
  test('of the start is no draw of a step', () => {
    const like = new Float32Array(1000);
    const start = startNoise(float32Space, like, { sigma: 2 });
    for (const index of [0, 1]) {
      const draw = float32Space.noise(like, index);
      const correlation = start.reduce((sum, x, i) => sum + x * draw[i], 0) / 2000;
      expect(Math.abs(correlation)).toBeLessThan(0.13); // four standard errors
    }
    expect(start.reduce((sum, x) => sum + x * x, 0) / 4000).toBeCloseTo(1, 0);
  });

  test('of a batch with a seed per image gives each what it gets alone', () => {
    const batch = float32SpaceWith({ images: 3, normals: normalsPerImage([4, 5, 6].map(hashNormals)) });
    const whole = batch.noise(new Float32Array(30), 2);
    [4, 5, 6].forEach((seed, i) => {
      const alone = float32SpaceWith({ normals: hashNormals(seed) }).noise(new Float32Array(10), 2);
      expect(whole.slice(10 * i, 10 * i + 10)).toEqual(alone);
    });
    expect(() => batch.noise(new Float32Array(31), 2)).toThrow(/31 elements do not divide among 3 images/);
  });
});

test('statistics are of each image', () => {
  const { perImage } = float32SpaceWith({ images: 2 });
  const x = Float32Array.of(1, -3, 5, 0, 0, 2);
  expect(perImage?.dot(x, x)).toEqual([35, 4]);
  expect(perImage?.absQuantile(x, 0.75)).toEqual([4, 1]);
  expect(perImage?.deviation(x)).toEqual([Math.sqrt(32 / 3), expect.closeTo(Math.sqrt(8) / 3, 12)]);
  expect(perImage?.scale(x, [2, -1])).toEqual(Float32Array.of(2, -6, 10, -0, -0, -2));
});
