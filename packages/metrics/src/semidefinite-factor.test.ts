import { expect, test } from 'vitest';
import { semidefiniteFactor } from './semidefinite-factor.js';
import { distance, randomNumbers, transposeMultiply } from './testing/random-matrices.js';

// 64 rows are a panel: below, at, and over several of them, and fewer rows than columns.
test.each([
  [63, 63],
  [64, 64],
  [65, 65],
  [150, 150],
  [150, 100],
  [150, 7],
])('FᵀF is the matrix again, of %d columns and rank %d', (n, rank) => {
  const half = randomNumbers(n + rank, rank * n);
  const matrix = transposeMultiply(half, half, rank, n, n);
  const factor = semidefiniteFactor(matrix, n);
  expect(factor.rank).toBe(rank);
  const product = transposeMultiply(factor.rows, factor.rows, factor.rank, n, n);
  const back = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) back[factor.order[i] * n + factor.order[j]] = product[i * n + j];
  expect(distance(back, matrix)).toBeLessThan(n * Number.EPSILON * 10);
  for (let row = 0; row < factor.rank; row++) expect(factor.rows.subarray(row * n, row * n + row).every((value) => value === 0)).toBe(true);
});
