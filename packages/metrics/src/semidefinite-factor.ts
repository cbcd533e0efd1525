/** S = Fᵀ F with as many rows as S has rank. */
export type SemidefiniteFactor = {
  readonly rank: number;
  /** [rank, n] row-major, columns in the order of `order`; row k is zero before column k. */
  readonly rows: Float64Array;
  /** Column c of `rows` belongs to row and column order[c] of S. */
  readonly order: Uint32Array;
};

/**
 * Cholesky factor of a positive semidefinite matrix, with the largest remaining diagonal entry as pivot: it stops where what is left is
 * rounding noise, n · 2^-52 of the largest entry, so that a rank-deficient matrix gives a factor of its true rank and no root of noise.
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 10.3.
 *
 * @param matrix [n, n] row-major, symmetric, finite
 * @throws RangeError when the matrix is clearly not positive semidefinite.
 */
export function semidefiniteFactor(matrix: Float64Array, n: number): SemidefiniteFactor {
  requireSemidefinite(matrix, n);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const left = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  const negligible = n * Number.EPSILON * left.reduce((most, value) => Math.max(most, value), 0);
  const rows = new Float64Array(n * n);
  let rank = 0;
  for (; rank < n; rank++) {
    const pivot = largestFrom(left, rank);
    if (left[pivot] <= negligible) break;
    swap(order, left, rows, n, rank, pivot);
    computeRow(matrix, rows, order, n, rank, Math.sqrt(left[rank]));
    for (let c = rank + 1; c < n; c++) left[c] -= rows[rank * n + c] ** 2;
  }
  return { rank, rows: rows.subarray(0, rank * n), order };
}

/** How far from semidefinite a matrix may be and still pass for one that was rounded to float32 on its way. */
const TOLERANCE = 1e-5;

/** A necessary condition that costs n²: S(i,j)² ≤ S(i,i) S(j,j), and the matrix symmetric. */
function requireSemidefinite(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const [value, mirrored] = [matrix[i * n + j], matrix[j * n + i]];
      const bound = Math.sqrt(Math.max(matrix[i * n + i], 0) * Math.max(matrix[j * n + j], 0));
      if (Math.abs(value) > bound * (1 + TOLERANCE) || Math.abs(value - mirrored) > bound * TOLERANCE) {
        throw new RangeError(
          `a covariance must be symmetric and positive semidefinite; entry (${i}, ${j}) is ${value}, its mirror ${mirrored}, at most ${bound} is possible`,
        );
      }
    }
  }
}

function largestFrom(values: Float64Array, first: number): number {
  let largest = first;
  for (let i = first + 1; i < values.length; i++) if (values[i] > values[largest]) largest = i;
  return largest;
}

/** Brings column `pivot` to the place `rank`, in all rows so far. */
function swap(order: Uint32Array, left: Float64Array, rows: Float64Array, n: number, rank: number, pivot: number): void {
  [order[rank], order[pivot]] = [order[pivot], order[rank]];
  [left[rank], left[pivot]] = [left[pivot], left[rank]];
  for (let k = 0; k < rank; k++) {
    const row = k * n;
    const held = rows[row + rank];
    rows[row + rank] = rows[row + pivot];
    rows[row + pivot] = held;
  }
}

/** Row k of the factor, from column k on: (S(k,:) - Σ F(i,k) F(i,:) over i < k) / pivot; four rows at a time to read the target less often. */
function computeRow(matrix: Float64Array, rows: Float64Array, order: Uint32Array, n: number, k: number, pivot: number): void {
  const target = k * n;
  const source = order[k] * n;
  for (let c = k + 1; c < n; c++) rows[target + c] = matrix[source + order[c]];
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    const [r0, r1, r2, r3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    const [a0, a1, a2, a3] = [rows[r0 + k], rows[r1 + k], rows[r2 + k], rows[r3 + k]];
    for (let c = k + 1; c < n; c++) rows[target + c] -= a0 * rows[r0 + c] + a1 * rows[r1 + c] + a2 * rows[r2 + c] + a3 * rows[r3 + c];
  }
  for (; i < k; i++) {
    const row = i * n;
    const a = rows[row + k];
    for (let c = k + 1; c < n; c++) rows[target + c] -= a * rows[row + c];
  }
  for (let c = k + 1; c < n; c++) rows[target + c] /= pivot;
  rows[target + k] = pivot;
}
