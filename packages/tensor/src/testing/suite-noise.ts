import { describe, expect, test } from 'vitest';
import { noise, randomNormals } from '../noise.js';
import { dispose } from '../scope.js';
import { read } from '../tensor.js';

/** Noise must be the same bits on every backend and in every batch. */
export function describeNoise(): void {
  describe('noise', () => {
    test('has the bits of the host generator, for every sample, large seeds included', async () => {
      for (const key of [
        { seed: 0, stream: 0, step: 0 },
        { seed: 2 ** 40 + 12345, stream: 7, step: 1000 },
        { seed: Number.MAX_SAFE_INTEGER, stream: 2 ** 32 - 1, step: 2 ** 32 - 1 },
      ]) {
        const samples = [0, 3, 2 ** 32 - 1];
        const x = noise({ ...key, samples, shape: [5, 3, 3] });
        expect(x.shape).toEqual([3, 5, 3, 3]);
        const expected = samples.flatMap((sample) => [...randomNormals({ ...key, sample }, 45)]);
        expect(await read(x)).toEqual(Float32Array.from(expected));
        dispose(x);
      }
    });

    test('sample i does not depend on the batch it is drawn in', async () => {
      const whole = noise({ seed: 5, samples: { first: 0, count: 6 }, shape: [7] });
      const part = noise({ seed: 5, samples: { first: 4, count: 2 }, shape: [7] });
      expect(await read(part)).toEqual((await read(whole)).slice(28));
      dispose([whole, part]);
    });

    test('has the moments of a standard normal', async () => {
      const count = 65536;
      const x = noise({ seed: 11, stream: 3, samples: { first: 0, count: 64 }, shape: [32, 32] });
      const values = await read(x);
      dispose(x);
      const moment = (power: number): number => values.reduce((total, v) => total + v ** power, 0) / count;
      // Five standard errors of each sample moment: √(var(z^p) / n) with var 1, 2, 15, 96.
      expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / count));
      expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
      expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / count));
      expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
    });
  });
}
