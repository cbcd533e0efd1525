import type { NamedArray } from './named-array.js';

/** A copy, in row-major order, of an array whose data is in column-major (Fortran) order: first index fastest. */
export function toRowMajor(array: NamedArray): NamedArray {
  const strides: number[] = [];
  array.shape.reduce((stride, size, axis) => {
    strides[axis] = stride;
    return stride * size;
  }, 1);
  const data = array.data.slice();
  copyStrided(array.data as ArrayLike<unknown>, data as Writable, array.shape, strides);
  return { ...array, data } as NamedArray;
}

type Writable = { [index: number]: unknown; readonly length: number };

/** Return the distance in elements between neighbours along each axis, in row-major order. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Fill `target`, in row-major order of `shape`, from elements of `source` that are `strides` apart. The caller has checked that all are there. */
export function copyStrided(source: ArrayLike<unknown>, target: Writable, shape: readonly number[], strides: readonly number[]): void {
  // Axes of one element only cost time, and a hostile file may have many.
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis], index: 0 })).filter(({ size }) => size > 1);
  let from = 0;
  for (let to = 0; to < target.length; to++) {
    target[to] = source[from];
    for (let i = axes.length - 1; i >= 0; i--) {
      const axis = axes[i];
      from += axis.stride;
      if (++axis.index < axis.size) break;
      from -= axis.stride * axis.size;
      axis.index = 0;
    }
  }
}
