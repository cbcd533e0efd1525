/** Steps of the iteration per eigenvalue before giving up; two are usual. */
const MAX_STEPS = 80;

/**
 * Eigenvalues of a symmetric tridiagonal matrix, in place and unsorted, by the implicit QL method with Wilkinson's shift.
 * Each is right to about 2^-52 of the matrix's norm. Source: Golub & Van Loan, Matrix Computations, 8.3.
 *
 * @param diagonal n numbers; becomes the eigenvalues.
 * @param offDiagonal n numbers, entry i couples i and i + 1, the last is not used; is overwritten.
 * @param vectors rows of n × n numbers that are turned along: from the identity, row i becomes the eigenvector of value i.
 */
export function tridiagonalEigen(diagonal: Float64Array, offDiagonal: Float64Array, vectors?: Float64Array): void {
  const n = diagonal.length;
  if (n === 0) return;
  offDiagonal[n - 1] = 0;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(diagonal[i]) + Math.abs(offDiagonal[i]));
  // Relative to the norm and not to the neighbours: next to zero eigenvalues the neighbours are rounding noise and never small enough.
  const negligible = Number.EPSILON * norm;
  for (let first = 0; first < n; first++) {
    for (let step = 0; ; step++) {
      let last = first;
      while (Math.abs(offDiagonal[last]) > negligible) last++;
      if (last === first) break;
      if (step === MAX_STEPS) throw new Error(`tridiagonalEigen: eigenvalue ${first} of ${n} did not converge in ${MAX_STEPS} steps`);
      qlStep(diagonal, offDiagonal, first, last, vectors);
    }
  }
}

/** One implicit QL step on the unreduced block [first, last]: a shift, then Givens rotations that chase the bulge upwards. */
function qlStep(diagonal: Float64Array, offDiagonal: Float64Array, first: number, last: number, vectors?: Float64Array): void {
  const half = (diagonal[first + 1] - diagonal[first]) / (2 * offDiagonal[first]);
  const root = Math.hypot(half, 1);
  let bulge = diagonal[last] - diagonal[first] + offDiagonal[first] / (half + (half >= 0 ? root : -root));
  let sine = 1;
  let cosine = 1;
  let correction = 0;
  for (let i = last - 1; i >= first; i--) {
    const far = sine * offDiagonal[i];
    const near = cosine * offDiagonal[i];
    const length = Math.hypot(far, bulge);
    offDiagonal[i + 1] = length;
    if (length === 0) {
      // The block fell apart on the way: take back what was shifted, the caller finds the new, smaller block.
      diagonal[i + 1] -= correction;
      offDiagonal[last] = 0;
      return;
    }
    sine = far / length;
    cosine = bulge / length;
    const shifted = diagonal[i + 1] - correction;
    const turn = (diagonal[i] - shifted) * sine + 2 * cosine * near;
    correction = sine * turn;
    diagonal[i + 1] = shifted + correction;
    bulge = cosine * turn - near;
    if (vectors) rotateRows(vectors, diagonal.length, i, sine, cosine);
  }
  diagonal[first] -= correction;
  offDiagonal[first] = bulge;
  offDiagonal[last] = 0;
}

/** Turn rows i and i + 1 into each other. */
function rotateRows(rows: Float64Array, n: number, i: number, sine: number, cosine: number): void {
  const upper = i * n;
  const lower = upper + n;
  for (let k = 0; k < n; k++) {
    const a = rows[upper + k];
    const b = rows[lower + k];
    rows[lower + k] = sine * a + cosine * b;
    rows[upper + k] = cosine * a - sine * b;
  }
}
