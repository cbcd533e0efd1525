import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from './run.js';
import { type Shape, sameShape, showShape } from './shape.js';

/**
 * Shape of an element-wise operation: axes are matched from the last; lengths must be equal, or one of them 1.
 * @throws RangeError when the shapes do not fit.
 */
export function broadcastShape(where: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(
        `${where}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast; axes must be equal or 1, matched from the last`,
      );
    }
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** Reverse broadcasting: sum `dy` over the axes that were repeated. Returns `dy` itself when none was. Not recorded. */
export function reduceTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const lead = dy.rank - shape.length;
  const axis: number[] = [];
  for (let i = 0; i < dy.rank; i++) if (i < lead || (shape[i - lead] === 1 && dy.shape[i] !== 1)) axis.push(i);
  const summed = axis.length === 0 ? dy : run('Sum', { x: dy }, { axis, keepDims: false });
  return sameShape(summed.shape, shape) ? summed : run('Reshape', { x: summed }, { shape });
}

/** Repeat `x` up to `shape` (which it must broadcast to). Not recorded. */
export function expandTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return run('Add', { a: run('Fill', {}, { shape, value: 0, dtype: 'float32' }), b: x });
}
