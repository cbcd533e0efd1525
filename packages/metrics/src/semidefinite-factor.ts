import { matrixKernels } from './matrix-kernels.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** S = Fᵀ F with as many rows as S has rank. */
export type SemidefiniteFactor = {
  readonly rank: number;
  /** [rank, n] row-major, columns in the order of `order`; where S is semidefinite, row k is zero before column k. */
  readonly rows: Float64Array;
  /** Column c of `rows` belongs to row and column order[c] of S. */
  readonly order: Uint32Array;
  /** Smallest eigenvalue (below 0) and largest of an S that is indefinite beyond the rounding of float64; F is that of the nearest semidefinite matrix. */
  readonly indefinite?: { readonly smallest: number; readonly largest: number };
};

/** Rows of the factor whose products are taken from the rest of the matrix together. */
const PANEL = 64;

/**
 * Return the Cholesky factor of a positive semidefinite matrix, with the largest remaining diagonal entry as pivot: it stops where what is left is
 * rounding noise, n · 2^-52 of the largest entry, so that a rank-deficient matrix gives a factor of its true rank and no root of noise.
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 10.3; by panels as in Lucas 2004, "LAPACK-style codes for level 2 and 3 pivoted Cholesky".
 *
 * A matrix with more noise, such as one whose sums were float32, is a little indefinite, and the remains of a Cholesky factorisation are that noise made
 * larger. It is factored by its eigenvectors, eigenvalues below zero being zero (work of 9 n³ in place of n³ / 3).
 *
 * @param matrix [n, n] row-major, symmetric, finite
 * @throws RangeError when the matrix is clearly not positive semidefinite.
 */
export function semidefiniteFactor(matrix: Float64Array, n: number): SemidefiniteFactor {
  requireSemidefinite(matrix, n);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const left = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  const negligible = n * Number.EPSILON * left.reduce((most, value) => Math.max(most, value), 0);
  // Above its diagonal: finished rows of the factor, then what is left of the matrix. Its own diagonal is not kept up, `left` is.
  const rows = matrix.slice();
  let rank = 0;
  for (let panel = 0; rank < n; rank++) {
    if (rank - panel === PANEL) {
      subtractPanel(rows, n, panel, rank);
      panel = rank;
    }
    const pivot = largestFrom(left, rank);
    if (left[pivot] <= negligible) break;
    swap(order, left, rows, n, rank, pivot);
    finishRow(rows, n, panel, rank, Math.sqrt(left[rank]));
    for (let c = rank + 1; c < n; c++) left[c] -= rows[rank * n + c] ** 2;
  }
  if (left.subarray(rank).some((value) => value < -negligible)) return nearestFactor(matrix, n);
  for (let row = 0; row < rank; row++) rows.fill(0, row * n, row * n + row);
  return { rank, rows: rows.subarray(0, rank * n), order };
}

/** Noise that a covariance may have beside its largest entry, and its smallest eigenvalue below zero beside its largest one, before it passes for none. */
const ENTRY_TOLERANCE = 1e-5;
const EIGENVALUE_TOLERANCE = 1e-3;

/** Factor of the semidefinite matrix that is nearest: rows √λ vᵀ for the eigenvalues λ > 0. */
function nearestFactor(matrix: Float64Array, n: number): SemidefiniteFactor {
  const { values, vectors } = symmetricEigen(matrix, n);
  const [smallest, largest] = [values[0], values[n - 1]];
  if (smallest < -EIGENVALUE_TOLERANCE * largest)
    throw new RangeError(
      `a covariance must be symmetric and positive semidefinite; its smallest eigenvalue is ${smallest}, its largest ${largest}`,
    );
  const first = values.findIndex((value) => value > 0);
  const rank = n - first;
  const rows = vectors.slice(first * n);
  for (let row = 0; row < rank; row++) {
    const root = Math.sqrt(values[first + row]);
    for (let c = 0; c < n; c++) rows[row * n + c] *= root;
  }
  return { rank, rows, order: Uint32Array.from({ length: n }, (_, i) => i), indefinite: { smallest, largest } };
}

/** Check a necessary condition that costs n²: S(i,j)² ≤ S(i,i) S(j,j) for some entries within the tolerance of the matrix's own, and the matrix symmetric. */
function requireSemidefinite(matrix: Float64Array, n: number): void {
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, matrix[i * n + i]);
  const noise = most * ENTRY_TOLERANCE;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const [value, mirrored] = [matrix[i * n + j], matrix[j * n + i]];
      const bound = Math.sqrt((Math.max(matrix[i * n + i], 0) + noise) * (Math.max(matrix[j * n + j], 0) + noise)) + noise;
      if (Math.abs(value) > bound || Math.abs(value - mirrored) > noise) {
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

/** Exchanges the places `k` and `p` > k of a symmetric matrix kept above its diagonal, and of the finished rows over it. */
function swap(order: Uint32Array, left: Float64Array, rows: Float64Array, n: number, k: number, p: number): void {
  if (p === k) return;
  [order[k], order[p]] = [order[p], order[k]];
  [left[k], left[p]] = [left[p], left[k]];
  for (let i = 0; i < k; i++) exchange(rows, i * n + k, i * n + p);
  for (let i = k + 1; i < p; i++) exchange(rows, k * n + i, i * n + p);
  for (let c = p + 1; c < n; c++) exchange(rows, k * n + c, p * n + c);
}

function exchange(values: Float64Array, i: number, j: number): void {
  const held = values[i];
  values[i] = values[j];
  values[j] = held;
}

/** Row k of the factor, from column k on: (what is left of S(k,:) - Σ F(i,k) F(i,:) over the panel's rows i < k) / pivot. */
function finishRow(rows: Float64Array, n: number, panel: number, k: number, pivot: number): void {
  const target = k * n;
  for (let i = panel; i < k; i++) {
    const row = i * n;
    const factor = rows[row + k];
    for (let c = k + 1; c < n; c++) rows[target + c] -= factor * rows[row + c];
  }
  for (let c = k + 1; c < n; c++) rows[target + c] /= pivot;
  rows[target + k] = pivot;
}

/** S(i,j) -= Σ F(k,i) F(k,j) over the panel's rows k, for i, j from `end` on. */
function subtractPanel(rows: Float64Array, n: number, panel: number, end: number): void {
  const width = end - panel;
  const count = n - end;
  const columns = new Float64Array(count * width);
  for (let k = 0; k < width; k++) {
    for (let c = 0; c < count; c++) columns[c * width + k] = rows[(panel + k) * n + end + c];
  }
  const negated = columns.map((value) => -value);
  const operands = { a: negated, aRows: count, aStep: width, b: columns, bRows: count, bStep: width };
  matrixKernels().addRowProducts({ ...operands, width, out: rows.subarray(end * n + end), outStep: n, upper: true });
}
