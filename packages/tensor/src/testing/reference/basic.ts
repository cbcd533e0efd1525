import type { Shape } from '../../shape.js';
import { type Array64, at, build, empty64, forEachIndex } from './array64.js';

/** Sum over axes. */
export function sum64(x: Array64, axes: readonly number[] = x.shape.map((_, i) => i), keepDims = false): Array64 {
  const kept = x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
  const y = empty64(kept);
  forEachIndex(x.shape, (index, position) => {
    let target = 0;
    for (let axis = 0; axis < kept.length; axis++) target = target * kept[axis] + (kept[axis] === 1 ? 0 : index[axis]);
    y.data[target] += x.data[position];
  });
  return { shape: keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i)), data: y.data };
}

export const reshape64 = (x: Array64, shape: Shape): Array64 => ({ shape, data: x.data });

export function transpose64(x: Array64, order: readonly number[]): Array64 {
  return build(
    order.map((axis) => x.shape[axis]),
    (index) =>
      at(
        x,
        order.map((_, axis) => index[order.indexOf(axis)]),
      ),
  );
}

export function concat64(xs: readonly Array64[], axis: number): Array64 {
  const total = xs.reduce((length, x) => length + x.shape[axis], 0);
  return build(
    xs[0].shape.map((length, i) => (i === axis ? total : length)),
    (index) => {
      let along = index[axis];
      let which = 0;
      while (along >= xs[which].shape[axis]) along -= xs[which++].shape[axis];
      return at(
        xs[which],
        index.map((i, a) => (a === axis ? along : i)),
      );
    },
  );
}

export const slice64 = (x: Array64, begin: readonly number[], size: readonly number[]): Array64 =>
  build(size, (index) =>
    at(
      x,
      index.map((i, axis) => (x.shape[axis] === 1 ? 0 : i + begin[axis])),
    ),
  );

export function pad64(x: Array64, paddings: readonly (readonly [number, number])[], value: number): Array64 {
  return build(
    x.shape.map((length, i) => length + paddings[i][0] + paddings[i][1]),
    (index) => {
      const source = index.map((i, axis) => i - paddings[axis][0]);
      return source.every((i, axis) => i >= 0 && i < x.shape[axis]) ? at(x, source) : value;
    },
  );
}

/** Product over the last two axes, for each index of the leading ones. */
export function matmul64(a: Array64, b: Array64, transposeA = false, transposeB = false): Array64 {
  const lead = a.shape.slice(0, -2);
  const [rowsA, columnsA] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const m = transposeA ? columnsA : rowsA;
  const k = transposeA ? rowsA : columnsA;
  const n = transposeB ? rowsB : columnsB;
  const y = empty64([...lead, m, n]);
  for (let batch = 0; batch < y.data.length / (m * n); batch++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let t = 0; t < k; t++) {
          const left = a.data[batch * m * k + (transposeA ? t * m + i : i * k + t)];
          total += left * b.data[batch * k * n + (transposeB ? j * k + t : t * n + j)];
        }
        y.data[batch * m * n + i * n + j] = total;
      }
    }
  }
  return y;
}

/** Over the last axis; logarithm of it if asked. */
export function softmax64(x: Array64, logarithm = false): Array64 {
  const length = x.shape[x.shape.length - 1];
  const y = empty64(x.shape);
  for (let start = 0; start < x.data.length; start += length) {
    const row = x.data.subarray(start, start + length);
    const highest = row.reduce((a, b) => Math.max(a, b));
    const logTotal = highest + Math.log(row.reduce((total, v) => total + Math.exp(v - highest), 0));
    for (let i = 0; i < length; i++) y.data[start + i] = logarithm ? row[i] - logTotal : Math.exp(row[i] - logTotal);
  }
  return y;
}
