import type { Kernels } from './addon.js';
import { runKernel } from './kernel-args.js';

/** Rows of one matrix times rows of another: out[i, j] += Σ over `width` columns of a(i, c) · b(j, c); row i of a begins at i · aStep, and so on. */
export type RowProducts = {
  readonly a: Float64Array;
  readonly aRows: number;
  readonly aStep: number;
  readonly b: Float64Array;
  readonly bRows: number;
  readonly bStep: number;
  readonly width: number;
  readonly out: Float64Array;
  readonly outStep: number;
  /** Only entries with j ≥ i are wanted; what happens to the others is left open. */
  readonly upper?: boolean;
};

/** Matrix work in float64 on all threads, in the form that the metrics package takes (`useMatrixKernels`). The bits do not depend on the number of threads. */
export type NativeMatrixKernels = {
  addRowProducts(products: RowProducts): void;
  /** Overwrite `matrix` [rows, columns], rows ≥ columns, and return B(0,0), B(0,1), B(1,1), …, B(n-1,n-1), 0. */
  bidiagonalise(matrix: Float64Array, rows: number, columns: number): Float64Array;
};

export function matrixKernelsOf(addon: Kernels): NativeMatrixKernels {
  return {
    addRowProducts: ({ upper = false, ...products }) => {
      const { a, aRows, aStep, b, bRows, bStep, width, out, outStep } = products;
      if (aRows < 1 || bRows < 1 || width < 1) return;
      requireRows('a', a, aRows, aStep, width);
      requireRows('b', b, bRows, bStep, width);
      requireRows('out', out, aRows, outStep, bRows);
      runKernel(addon, 'addRowProducts', { ...products, upper });
    },
    bidiagonalise: (matrix, rows, columns) => {
      if (rows < columns) throw new RangeError(`bidiagonalise: expected at least as many rows as columns, got ${rows} and ${columns}`);
      requireRows('matrix', matrix, rows, columns, columns);
      const entries = new Float64Array(2 * columns);
      if (columns > 0) runKernel(addon, 'bidiagonalise', { matrix, entries, rows, columns });
      return entries;
    },
  };
}

/** Check an array. @throws RangeError where the addon would reach beyond it. */
function requireRows(name: string, array: Float64Array, rows: number, step: number, width: number): void {
  if (!(array instanceof Float64Array) || array.length < (rows - 1) * step + width || step < width) {
    throw new RangeError(
      `matrix kernels: '${name}' must be float64 and hold ${rows} rows of ${width}, ${step} apart, got ${array.length} numbers`,
    );
  }
}
