import { bidiagonalise } from './bidiagonal.js';
import { addRowProducts, type RowProducts } from './row-products.js';

/** The float64 work in which metrics spend their time. A backend may do it faster; sums must not depend on its number of threads. */
export type MatrixKernels = {
  addRowProducts(products: RowProducts): void;
  /** The bidiagonal form of a matrix [rows, columns] with rows ≥ columns, which is overwritten: B(0,0), B(0,1), B(1,1), …, B(n-1,n-1), 0. */
  bidiagonalise(matrix: Float64Array, rows: number, columns: number): Float64Array;
};

const plain: MatrixKernels = { addRowProducts, bidiagonalise };
let active = plain;

/** Let a backend's kernels do the work from now on; without an argument, plain JavaScript does it again. */
export function useMatrixKernels(kernels: MatrixKernels = plain): void {
  active = kernels;
}

export const matrixKernels = (): MatrixKernels => active;
