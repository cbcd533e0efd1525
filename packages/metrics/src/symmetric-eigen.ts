import { requireFinite } from './feature-statistics.js';
import { tridiagonalEigen } from './tridiagonal-eigen.js';

export type SymmetricEigen = {
  /** Ascending. */
  readonly values: Float64Array;
  /** [n, n] row-major: row i is the unit eigenvector of value i. */
  readonly vectors: Float64Array;
};

/**
 * Eigenvalues and eigenvectors of a real symmetric matrix, in float64: Householder reflections to tridiagonal form, then implicit QL.
 * Values are right to about n · 2^-52 of the largest; vectors are orthonormal to the same. Work about 9 n³, with every inner loop along a row.
 *
 * @param matrix [n, n] row-major; only the lower triangle is read; left as it is.
 * @throws RangeError when the matrix is not n × n or not finite.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  if (matrix.length !== n * n) throw new RangeError(`symmetricEigen: expected ${n} × ${n} = ${n * n} numbers, got ${matrix.length}`);
  requireFinite('symmetricEigen: entry', matrix);
  const work = matrix.slice();
  const { diagonal, offDiagonal, factors } = tridiagonalise(work, n);
  const vectors = accumulateReflections(work, factors, n);
  tridiagonalEigen(diagonal, offDiagonal, vectors);
  return sortAscending(diagonal, vectors, n);
}

type Tridiagonal = { readonly diagonal: Float64Array; readonly offDiagonal: Float64Array; readonly factors: Float64Array };

/**
 * A = Q T Qᵀ from the last row upwards: row i is reflected so that only its entry next to the diagonal is left. Reflection i is
 * I - factors[i] · v vᵀ with v kept in the first i entries of row i. Only the lower triangle of the leading block is kept up.
 */
function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const factors = new Float64Array(n);
  const product = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const v = a.subarray(i * n, i * n + i);
    diagonal[i] = a[i * n + i];
    const { entry, factor } = makeReflection(v, i - 1);
    offDiagonal[i - 1] = entry;
    factors[i] = factor;
    if (factor !== 0) reflectBothSides(a, n, i, v, factor, product);
  }
  if (n > 0) diagonal[0] = a[0];
  return { diagonal, offDiagonal, factors };
}

/**
 * Turn x into the v of the reflection I - factor · v vᵀ that maps x to `entry` at `pivot` and zero elsewhere. A zero x gives factor 0.
 */
function makeReflection(x: Float64Array, pivot: number): { entry: number; factor: number } {
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]));
  if (largest === 0) return { entry: 0, factor: 0 };
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    // Scaled by the largest entry, so that squares neither underflow nor overflow; the scale of v does not matter.
    x[i] /= largest;
    squares += x[i] * x[i];
  }
  const norm = x[pivot] > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  const factor = 1 / (squares - norm * x[pivot]);
  x[pivot] -= norm;
  return { entry: norm * largest, factor };
}

/** A ← H A H on the leading m × m block, lower triangle: A - v qᵀ - q vᵀ with p = factor · A v, q = p - (factor/2 · vᵀp) v. */
function reflectBothSides(a: Float64Array, n: number, m: number, v: Float64Array, factor: number, q: Float64Array): void {
  q.fill(0, 0, m);
  for (let i = 0; i < m; i++) {
    const row = i * n;
    const vi = v[i];
    let dot = a[row + i] * vi;
    for (let j = 0; j < i; j++) {
      const value = a[row + j];
      dot += value * v[j];
      q[j] += value * vi;
    }
    q[i] += dot;
  }
  let vp = 0;
  for (let i = 0; i < m; i++) {
    q[i] *= factor;
    vp += v[i] * q[i];
  }
  const half = (factor / 2) * vp;
  for (let i = 0; i < m; i++) q[i] -= half * v[i];
  for (let i = 0; i < m; i++) {
    const row = i * n;
    const [vi, qi] = [v[i], q[i]];
    for (let j = 0; j <= i; j++) a[row + j] -= vi * q[j] + qi * v[j];
  }
}

/** Qᵀ as rows. Q = H(n-1) ··· H(1), and H(i) touches the leading i × i block only, so the block grows with i. */
function accumulateReflections(a: Float64Array, factors: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  if (n > 0) q[0] = 1;
  for (let i = 1; i < n; i++) {
    q[i * n + i] = 1;
    if (factors[i] === 0) continue;
    const v = a.subarray(i * n, i * n + i);
    // The block is Qᵀ so far, so the reflection acts from the right: row ← row - factor (row·v) vᵀ.
    for (let r = 0; r < i; r++) {
      const row = r * n;
      let dot = 0;
      for (let j = 0; j < i; j++) dot += q[row + j] * v[j];
      const share = factors[i] * dot;
      for (let j = 0; j < i; j++) q[row + j] -= share * v[j];
    }
  }
  return q;
}

function sortAscending(values: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const sorted = new Float64Array(n * n);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (from) => values[from]), vectors: sorted };
}
