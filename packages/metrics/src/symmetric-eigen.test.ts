import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { singularValues } from './singular-values.js';
import { symmetricEigen } from './symmetric-eigen.js';
import { distance, randomNumbers, transposeMultiply } from './testing/random-matrices.js';

const identity = (n: number) => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

function randomSymmetric(seed: number, n: number): Float64Array {
  const half = randomNumbers(seed, n * n);
  return half.map((value, i) => value + half[(i % n) * n + Math.floor(i / n)]);
}

/** Σ value · vector vectorᵀ */
function rebuild({ values, vectors }: { values: Float64Array; vectors: Float64Array }, n: number): Float64Array {
  const scaled = vectors.map((entry, i) => entry * values[Math.floor(i / n)]);
  return transposeMultiply(vectors, scaled, n, n, n);
}

describe('symmetricEigen', () => {
  test('values and orthonormal vectors rebuild the matrix, at any size and scale', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 24 }), fc.integer({ min: -140, max: 140 }), (seed, n, exponent) => {
        const matrix = randomSymmetric(seed, n).map((value) => value * 10 ** exponent);
        const eigen = symmetricEigen(matrix, n);
        const norm = Math.max(...eigen.values.map(Math.abs));
        expect(distance(rebuild(eigen, n), matrix)).toBeLessThanOrEqual(40 * n * Number.EPSILON * norm);
        expect(distance(transposeMultiply(eigen.vectors, eigen.vectors, n, n, n), identity(n))).toBeLessThan(40 * n * Number.EPSILON);
        expect([...eigen.values]).toEqual([...eigen.values].sort((a, b) => a - b));
      }),
    );
  });

  test('the eigenvalues of the second difference are 2 - 2 cos(kπ/(n+1))', () => {
    const n = 200;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
    }
    const expected = Float64Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)));
    expect(distance(symmetricEigen(matrix, n).values, expected)).toBeLessThan(1e-13);
  });

  test('equal, zero and missing eigenvalues', () => {
    expect(symmetricEigen(identity(5), 5)).toEqual({ values: new Float64Array(5).fill(1), vectors: identity(5) });
    expect([...symmetricEigen(new Float64Array(16), 4).values]).toEqual([0, 0, 0, 0]);
    expect(symmetricEigen(new Float64Array(0), 0).values).toHaveLength(0);
    expect([...symmetricEigen(Float64Array.of(-3), 1).values]).toEqual([-3]);
    const ones = symmetricEigen(new Float64Array(36).fill(1), 6).values;
    expect(distance(ones, [0, 0, 0, 0, 0, 6])).toBeLessThan(1e-14);
  });

  test('reads the lower triangle only and leaves the matrix alone', () => {
    const matrix = Float64Array.of(2, 99, 1, 2);
    expect(distance(symmetricEigen(matrix, 2).values, [1, 3])).toBeLessThan(1e-15);
    expect([...matrix]).toEqual([2, 99, 1, 2]);
  });

  test('refuses what is no square matrix of finite numbers', () => {
    expect(() => symmetricEigen(new Float64Array(3), 2)).toThrow('expected 2 × 2 = 4 numbers, got 3');
    expect(() => symmetricEigen(Float64Array.of(1, 0, Number.NaN, 1), 2)).toThrow('entry 2 must be finite');
  });
});

describe('singularValues', () => {
  const descending = (values: Float64Array) => [...values].sort((a, b) => b - a);

  test('their squares are the eigenvalues of AᵀA, for tall, wide and square matrices', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }), (seed, rows, columns) => {
        const matrix = randomNumbers(seed, rows * columns);
        const values = descending(singularValues(matrix, rows, columns));
        expect(values).toHaveLength(Math.min(rows, columns));
        const squares = descending(symmetricEigen(transposeMultiply(matrix, matrix, rows, columns, columns), columns).values);
        for (const [i, value] of values.entries()) expect(Math.abs(value ** 2 - squares[i])).toBeLessThan(1e-14 * rows * columns);
      }),
    );
  });

  test('a tiny one keeps its digits: no square is formed', () => {
    // Two rotations around diag(1, 1e-12); its square would drown in 2^-52.
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const [d, t] = [Math.cos(1.9), Math.sin(1.9)];
    const tiny = 1e-12;
    const matrix = Float64Array.of(c * d + s * t * tiny, c * t - s * d * tiny, s * d - c * t * tiny, s * t + c * d * tiny);
    const [large, small] = descending(singularValues(matrix, 2, 2));
    expect(Math.abs(large - 1)).toBeLessThan(1e-15);
    expect(Math.abs(small - tiny)).toBeLessThan(1e-15);
  });

  test('of a matrix of rank one, of zeros, of nothing, and at the ends of the number range', () => {
    const one = Float64Array.from({ length: 30 }, (_, i) => (1 + Math.floor(i / 5)) * (1 + (i % 5)));
    expect(distance(descending(singularValues(one, 6, 5)), [Math.sqrt(91 * 55), 0, 0, 0, 0])).toBeLessThan(1e-13);
    expect([...singularValues(new Float64Array(6), 2, 3)]).toEqual([0, 0]);
    expect([...singularValues(new Float64Array(0), 0, 3)]).toEqual([]);
    for (const size of [1e-300, 1e300]) {
      const values = descending(singularValues(Float64Array.of(3 * size, 0, 0, 4 * size), 2, 2)).map((value) => value / size);
      expect(distance(values, [4, 3])).toBeLessThan(2e-15);
    }
  });
});
