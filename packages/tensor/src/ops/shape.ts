import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { checkShape, resolveAxis, type Shape, sameShape, showShape, sizeOf } from '../shape.js';
import { activeTape, isTracked, record } from '../tape.js';

/** Return the same values in row-major order under another shape; one length may be -1 and is worked out. No data is moved. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = resolveShape(x, shape);
  const y = run('Reshape', { x }, { shape: target });
  if (!isTracked(x)) return y;
  const inputShape = x.shape;
  return record(y, [x], [], (dy) => [run('Reshape', { x: dy }, { shape: inputShape })]);
}

function resolveShape(x: Tensor, shape: Shape): number[] {
  const unknown = shape.indexOf(-1);
  const target = [...shape];
  if (unknown >= 0) target[unknown] = x.size / shape.reduce((size, length, i) => (i === unknown ? size : size * length), 1);
  checkShape('reshape', target);
  if (sizeOf(target) !== x.size)
    throw new RangeError(`reshape: ${showShape(x.shape)} has ${x.size} elements, which do not fit ${showShape(shape)}`);
  return target;
}

/** Exchange axes: axis i of the result is axis `order[i]` of x. Default: reversed. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const perm = order === undefined ? x.shape.map((_, i) => x.rank - 1 - i) : order.map((axis) => resolveAxis('transpose', axis, x.rank));
  if (new Set(perm).size !== x.rank || perm.length !== x.rank) {
    throw new RangeError(`transpose: the order must name each of the ${x.rank} axes once, got [${perm.join(',')}]`);
  }
  const y = run('Transpose', { x }, { perm });
  if (!isTracked(x)) return y;
  return record(y, [x], [], (dy) => [run('Transpose', { x: dy }, { perm: perm.map((_, axis) => perm.indexOf(axis)) })]);
}

/** Join tensors along an axis; their other axes must agree. */
export function concat(xs: readonly Tensor[], axis: number): Tensor {
  if (xs.length === 0) throw new RangeError('concat: needs at least one tensor');
  const along = resolveAxis('concat', axis, xs[0].rank);
  for (const x of xs) {
    if (!sameShape(x.shape.with(along, 0), xs[0].shape.with(along, 0))) {
      throw new RangeError(`concat: shapes ${xs.map((t) => showShape(t.shape)).join(', ')} must agree but for axis ${along}`);
    }
  }
  if (xs.length === 1) return reshape(xs[0], xs[0].shape); // TensorFlow joins no fewer than two
  const y = run('Concat', xs, { axis: along });
  const tape = activeTape();
  if (tape === undefined || !xs.some((x) => tape.tracks(x))) return y;
  const shapes = xs.map((x) => x.shape);
  return record(y, xs, [], (dy, needs) => {
    let start = 0;
    return shapes.map((size, i) => {
      const begin = size.map((_, d) => (d === along ? start : 0));
      start += size[along];
      return needs[i] ? run('Slice', { x: dy }, { begin, size }) : undefined;
    });
  });
}

/** Copy the block of `size` elements per axis from `begin` on; a size of -1 means up to the end. */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  const lengths = size.map((length, i) => (length === -1 ? x.shape[i] - begin[i] : length));
  const fits =
    begin.length === x.rank &&
    lengths.length === x.rank &&
    lengths.every((length, i) => begin[i] >= 0 && length >= 0 && begin[i] + length <= x.shape[i]);
  if (!fits) throw new RangeError(`slice: begin [${begin.join(',')}] and size [${size.join(',')}] must lie inside ${showShape(x.shape)}`);
  const y = run('Slice', { x }, { begin: [...begin], size: lengths });
  if (!isTracked(x)) return y;
  const paddings = x.shape.map((length, i) => [begin[i], length - begin[i] - lengths[i]]);
  return record(y, [x], [], (dy) => [run('PadV2', { x: dy }, { paddings, constantValue: 0 })]);
}

/** Surround x with `value`: `paddings[i]` = [before, after] elements on axis i. */
export function pad(x: Tensor, paddings: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  if (paddings.length !== x.rank || paddings.some((p) => p.some((n) => !Number.isInteger(n) || n < 0))) {
    throw new RangeError(`pad: needs a pair of non-negative integers for each of the ${x.rank} axes, got ${JSON.stringify(paddings)}`);
  }
  const y = run('PadV2', { x }, { paddings: paddings.map((p) => [...p]), constantValue: value });
  if (!isTracked(x)) return y;
  const size = x.shape;
  return record(y, [x], [], (dy) => [run('Slice', { x: dy }, { begin: paddings.map(([before]) => before), size })]);
}
