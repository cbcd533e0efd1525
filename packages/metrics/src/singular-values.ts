import { matrixKernels } from './matrix-kernels.js';
import { tridiagonalEigen } from './tridiagonal-eigen.js';

/**
 * Singular values of a real matrix, unsorted, min(rows, columns) of them: Householder reflections from both sides to an upper bidiagonal B, then
 * the eigenvalues ±σ of the symmetric tridiagonal matrix with zero diagonal and the entries of B, interleaved, beside it.
 * Each is right to about 2^-52 of the largest, where the roots of the eigenvalues of AᵀA would be right to 2^-26 only.
 * Source: Golub & Kahan 1965, "Calculating the singular values and pseudo-inverse of a matrix".
 *
 * @param matrix [rows, columns] row-major; left as it is.
 */
export function singularValues(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const size = Math.min(rows, columns);
  const work = rows >= columns ? matrix.slice() : transposed(matrix, rows, columns);
  let largest = 0;
  for (let i = 0; i < work.length; i++) largest = Math.max(largest, Math.abs(work[i]));
  if (largest === 0) return new Float64Array(size);
  // From here on squares neither overflow nor, where it matters, underflow.
  for (let i = 0; i < work.length; i++) work[i] /= largest;
  const beside = matrixKernels().bidiagonalise(work, Math.max(rows, columns), size);
  const values = new Float64Array(2 * size);
  tridiagonalEigen(values, beside);
  // The eigenvalues come in pairs ±σ; sorted, the upper half is σ. A zero σ may come out as two tiny values of either sign.
  return values
    .sort()
    .subarray(size)
    .map((value) => Math.max(value, 0) * largest);
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  }
  return result;
}
