import { describe, expect, test } from 'vitest';
import { noise, randomNormals, randomUniforms } from '../noise.js';
import { dropout } from '../ops/dropout.js';
import { dispose } from '../scope.js';
import { fill, read } from '../tensor.js';

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

  describe('dropout', () => {
    test('drops where the host generator says, and scales what is left, bit by bit', async () => {
      const key = { seed: 2 ** 40 + 12345, stream: 7, step: 1000 };
      const samples = [0, 3, 2 ** 32 - 1];
      const x = noise({ seed: 1, samples, shape: [5, 3, 3] });
      const y = dropout(x, { ...key, samples, rate: 0.3 });
      const uniforms = samples.flatMap((sample) => [...randomUniforms({ ...key, sample }, 45)]);
      const factor = Math.fround(1 / (1 - 0.3));
      expect(await read(y)).toEqual((await read(x)).map((value, i) => value * (uniforms[i] < 0.3 ? 0 : factor)));
      dispose([x, y]);
    });

    test('of sample i does not depend on the batch it is in', async () => {
      const key = { seed: 5, stream: 2, step: 3, rate: 0.5 };
      const [six, two] = [fill([6, 7], 1), fill([2, 7], 1)];
      const whole = dropout(six, { ...key, samples: { first: 0, count: 6 } });
      const part = dropout(two, { ...key, samples: { first: 4, count: 2 } });
      expect(await read(part)).toEqual((await read(whole)).slice(28));
      dispose([six, two, whole, part]);
    });

    test('drops as often as its rate says', async () => {
      const count = 65536;
      const x = fill([64, 32, 32], 1);
      for (const rate of [0, 0.13, 0.9]) {
        const y = dropout(x, { seed: 11, stream: 4, samples: { first: 0, count: 64 }, rate });
        const dropped = (await read(y)).filter((value) => value === 0).length / count;
        // Five standard errors of a share.
        expect(Math.abs(dropped - rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate * (1 - rate)) / count));
        dispose(y);
      }
      dispose(x);
    });
  });
}
