import { type Shape, sizeOf } from '../../shape.js';

/** A float64 array with a shape, row-major: what the references compute with. */
export type Array64 = { readonly shape: Shape; readonly data: Float64Array };

export const array64 = (data: ArrayLike<number>, shape: Shape): Array64 => ({ shape, data: Float64Array.from(data) });
export const empty64 = (shape: Shape): Array64 => ({ shape, data: new Float64Array(sizeOf(shape)) });

/** Call `visit(index, position)` for each multi-index of a shape in row-major order. `index` is reused. */
export function forEachIndex(shape: Shape, visit: (index: number[], position: number) => void): void {
  const index = shape.map(() => 0);
  for (let position = 0; position < sizeOf(shape); position++) {
    visit(index, position);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

/** Element at a multi-index, which is matched from the last axis and repeats along axes of length 1. */
export function at(x: Array64, index: readonly number[]): number {
  let position = 0;
  const lead = index.length - x.shape.length;
  for (let axis = 0; axis < x.shape.length; axis++) {
    position = position * x.shape[axis] + (x.shape[axis] === 1 ? 0 : index[lead + axis]);
  }
  return x.data[position];
}

/** An array whose element at each multi-index is `value(index)`. */
export function build(shape: Shape, value: (index: readonly number[]) => number): Array64 {
  const y = empty64(shape);
  forEachIndex(shape, (index, position) => {
    y.data[position] = value(index);
  });
  return y;
}

export const map64 = (x: Array64, fn: (value: number) => number): Array64 => ({ shape: x.shape, data: x.data.map((v) => fn(v)) });

/** Element-wise with broadcasting. */
export function zip64(a: Array64, b: Array64, fn: (a: number, b: number) => number): Array64 {
  const rank = Math.max(a.shape.length, b.shape.length);
  const length = (s: Shape, axis: number): number => s[axis - rank + s.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(length(a.shape, axis), length(b.shape, axis)));
  return build(shape, (index) => fn(at(a, index), at(b, index)));
}

/** Sum of a_i b_i. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}
