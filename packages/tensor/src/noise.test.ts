import { describe, expect, test } from 'vitest';
import { cosSinTurns, lnDouble, philox4x32, randomInts, randomNormals, randomUniforms } from './index.js';

/** Distance in units of the last place of the expected number. */
function lastPlaces(actual: number, expected: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(expected))) - 52);
  return Math.abs(actual - expected) / unit;
}

describe('deterministic functions', () => {
  const uniforms = randomUniforms({ seed: 1 }, 20000);

  test('ln is within two units in the last place of the library, over all magnitudes and next to 1', () => {
    for (const u of uniforms) {
      expect(lastPlaces(lnDouble(u), Math.log(u))).toBeLessThanOrEqual(2);
      expect(lastPlaces(lnDouble(u * 1e-9), Math.log(u * 1e-9))).toBeLessThanOrEqual(2);
    }
    for (const gap of [2 ** -33, 2 ** -20, 2 ** -52]) expect(lastPlaces(lnDouble(1 - gap), Math.log1p(-gap))).toBeLessThanOrEqual(2);
    expect(lnDouble(1)).toBe(0);
    expect(lnDouble(0.5)).toBe(-Math.LN2);
  });

  test('cos and sin of turns are within 5e-16, exact at quarters', () => {
    const out = new Float64Array(2);
    for (const u of uniforms) {
      cosSinTurns(u, out, 0);
      // The library is asked near zero, where its argument is rounded least: u = quadrant/4 + rest.
      const quadrant = Math.round(u * 4);
      const rest = (u - quadrant / 4) * 2 * Math.PI;
      const [c, s] = [Math.cos(rest), Math.sin(rest)];
      const expected = [
        [c, s],
        [-s, c],
        [-c, -s],
        [s, -c],
      ][quadrant % 4];
      expect(Math.abs(out[0] - expected[0])).toBeLessThan(5e-16);
      expect(Math.abs(out[1] - expected[1])).toBeLessThan(5e-16);
    }
    const quarters = [0, 0.25, 0.5, 0.75].map((u) => {
      cosSinTurns(u, out, 0);
      return [out[0] + 0, out[1] + 0];
    });
    expect(quarters).toEqual([
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ]);
  });
});

describe('Philox', () => {
  test('gives the published words (Random123, known answers of philox4x32-10)', () => {
    const hex = (words: readonly number[]): string => words.map((w) => w.toString(16).padStart(8, '0')).join(' ');
    const ones = 0xffffffff;
    expect(hex(philox4x32([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    expect(hex(philox4x32([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });

  test('each word of the key changes the numbers', () => {
    const base = { seed: 3, stream: 1, step: 2, sample: 4 };
    const first = (key: typeof base): number => randomUniforms(key, 1)[0];
    const others = [{ seed: 4 }, { seed: 3 + 2 ** 32 }, { stream: 2 }, { step: 3 }, { sample: 5 }].map((part) =>
      first({ ...base, ...part }),
    );
    expect(new Set([first(base), ...others]).size).toBe(6);
  });
});

describe('host generators', () => {
  // The words were worked out by a second implementation, in Python with its library's log, cos and sin.
  test('normals keep their bits for good', () => {
    const bits = new Uint32Array(randomNormals({ seed: 2 ** 40 + 12345, stream: 7, step: 1000, sample: 3 }, 6).buffer);
    expect([...bits].map((word) => word.toString(16))).toEqual(['3f6e8487', '3ec3ca17', 'befe1f22', '3f133413', 'bed137b1', '3dadabd0']);
  });

  test('a longer draw begins with the shorter one', () => {
    expect(randomNormals({ seed: 9 }, 11).slice(0, 5)).toEqual(randomNormals({ seed: 9 }, 5));
  });

  test('uniforms lie inside (0, 1), integers inside [0, bound), evenly', () => {
    const uniforms = randomUniforms({ seed: 4 }, 40000);
    expect(uniforms.every((u) => u > 0 && u < 1)).toBe(true);
    // Five standard errors of a mean of 40000 uniforms.
    expect(Math.abs(uniforms.reduce((a, b) => a + b) / 40000 - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 40000));
    const counts = [0, 0, 0, 0, 0];
    for (const i of randomInts({ seed: 4 }, 40000, 5)) counts[i]++;
    for (const count of counts) expect(Math.abs(count - 8000)).toBeLessThan(5 * Math.sqrt(40000 * 0.2 * 0.8));
  });

  test('keys outside their range are refused', () => {
    expect(() => randomNormals({ seed: -1 }, 1)).toThrow(/seed must be an integer in \[0, 2\^53\), got -1/);
    expect(() => randomNormals({ seed: 1, step: 2 ** 32 }, 1)).toThrow(/step must be an integer in \[0, 2\^32\)/);
    expect(() => randomInts({ seed: 1 }, 1, 0)).toThrow(/bound must be/);
  });
});
