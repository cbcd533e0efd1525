import { randomNormals } from '@tract/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nativeInfo, nativeMatrixKernels, registerNativeBackend, setThreads } from './register.js';

registerNativeBackend();
const { instructionSets } = nativeInfo();
const random = (seed: number, count: number) => Float64Array.from(randomNormals({ seed }, count));
const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The sums of the definition. */
function products(a: Float64Array, b: Float64Array, rows: number, columns: number, width: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let c = 0; c < width; c++) sum += a[i * width + c] * b[j * width + c];
    return sum;
  });
}

describe.each(instructionSets)('products of rows in float64, %s', (instructionSet) => {
  test('are added to what is there, at any size', () => {
    registerNativeBackend({ instructionSet });
    const size = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 600 }), fc.nat(9), (aRows, bRows, width, seed) => {
        const [a, b, there] = [random(seed, aRows * width), random(seed + 10, bRows * width), random(seed + 20, aRows * bRows)];
        const out = there.slice();
        nativeMatrixKernels().addRowProducts({ a, aRows, aStep: width, b, bRows, bStep: width, width, out, outStep: bRows });
        const expected = products(a, b, aRows, bRows, width).map((value, i) => value + there[i]);
        expect(largest(out.map((value, i) => value - expected[i]))).toBeLessThan(1e-14 * width);
      }),
      { numRuns: 30 },
    );
  });

  test('from the diagonal on, inside larger arrays, and the same bits with one thread or three', () => {
    registerNativeBackend({ instructionSet });
    const [n, width, step, outStep] = [150, 300, 310, 160];
    const a = random(1, n * step);
    const results = [1, 3].map((threads) => {
      setThreads(threads);
      const out = new Float64Array(n * outStep);
      nativeMatrixKernels().addRowProducts({ a, aRows: n, aStep: step, b: a, bRows: n, bStep: step, width, out, outStep, upper: true });
      return out;
    });
    expect(results[0]).toEqual(results[1]);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j += 7) {
        let sum = 0;
        for (let c = 0; c < width; c++) sum += a[i * step + c] * a[j * step + c];
        expect(Math.abs(results[0][i * outStep + j] - sum)).toBeLessThan(1e-11);
      }
      expect(results[0].subarray(i * outStep + n, (i + 1) * outStep).every((value) => value === 0)).toBe(true);
    }
  });

  test('bidiagonal form: the squares of the singular values have the sums that the matrix has, and the bits do not depend on threads', () => {
    registerNativeBackend({ instructionSet });
    for (const [rows, columns] of [
      [1, 1],
      [5, 1],
      [40, 40],
      [75, 33],
    ]) {
      const matrix = random(rows, rows * columns);
      const forms = [1, 3].map((threads) => {
        setThreads(threads);
        return nativeMatrixKernels().bidiagonalise(matrix.slice(), rows, columns);
      });
      expect(forms[0]).toEqual(forms[1]);
      const bidiagonal = new Float64Array(columns * columns);
      for (let k = 0; k < columns; k++) {
        bidiagonal[k * columns + k] = forms[0][2 * k];
        if (k + 1 < columns) bidiagonal[k * columns + k + 1] = forms[0][2 * k + 1];
      }
      const [ours, theirs] = [powerSums(bidiagonal, columns, columns), powerSums(matrix, rows, columns)];
      for (const [i, sum] of theirs.entries()) expect(Math.abs(ours[i] / sum - 1)).toBeLessThan(1e-12);
    }
  });
});

/** Σ σ², Σ σ⁴ and Σ σ⁸ of the singular values σ: traces of powers of AᵀA. */
function powerSums(a: Float64Array, rows: number, n: number): number[] {
  const transposed = Float64Array.from({ length: n * rows }, (_, at) => a[(at % rows) * n + Math.floor(at / rows)]);
  const gram = products(transposed, transposed, n, n, rows);
  const square = products(gram, gram, n, n, n);
  const trace = (matrix: Float64Array) => Array.from({ length: n }, (_, i) => matrix[i * n + i]).reduce((sum, value) => sum + value, 0);
  return [trace(gram), trace(square), trace(products(square, square, n, n, n))];
}

test('a reach beyond an array is refused', () => {
  const three = new Float64Array(3);
  const operands = { a: three, aRows: 2, aStep: 2, b: three, bRows: 1, bStep: 3, width: 2, outStep: 1 };
  expect(() => nativeMatrixKernels().addRowProducts({ ...operands, out: new Float64Array(2) })).toThrow(
    "'a' must be float64 and hold 2 rows of 2",
  );
  expect(() => nativeMatrixKernels().bidiagonalise(three, 1, 3)).toThrow('at least as many rows as columns, got 1 and 3');
});
