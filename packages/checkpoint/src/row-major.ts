import type { NamedArray } from './named-array.js';

/** A copy, in row-major order, of an array whose data is in column-major (Fortran) order: first index fastest. */
export function toRowMajor(array: NamedArray): NamedArray {
  const data = array.data.slice();
  copyRowMajor(array.data as ArrayLike<unknown>, data as { [index: number]: unknown }, array.shape);
  return { ...array, data } as NamedArray;
}

function copyRowMajor(source: ArrayLike<unknown>, target: { [index: number]: unknown }, shape: readonly number[]): void {
  const strides: number[] = [];
  shape.reduce((stride, size, axis) => {
    strides[axis] = stride;
    return stride * size;
  }, 1);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < source.length; to++) {
    target[to] = source[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}
