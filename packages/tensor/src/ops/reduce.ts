import type { Tensor } from '@tensorflow/tfjs-core';
import { expandTo } from '../broadcast.js';
import { run } from '../run.js';
import { resolveAxis } from '../shape.js';
import { isTracked, record } from '../tape.js';

/** Sorted axes; all of them when none are named. */
function reducedAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => resolveAxis(where, axis, rank));
  const unique = [...new Set(list)].sort((a, b) => a - b);
  if (unique.length !== list.length) throw new RangeError(`${where}: an axis is named twice in [${list.join(',')}]`);
  return unique;
}

function reduce(where: string, x: Tensor, axes: number | readonly number[] | undefined, keepDims: boolean, average: boolean): Tensor {
  const axis = reducedAxes(where, axes, x.rank);
  const kept = x.shape.map((length, i) => (axis.includes(i) ? 1 : length));
  const shape = keepDims ? kept : x.shape.filter((_, i) => !axis.includes(i));
  const factor = average ? axis.reduce((product, i) => product / x.shape[i], 1) : 1;
  const total = run('Sum', { x }, { axis, keepDims });
  const y = average ? run('TractScale', { x: total }, { factor, offset: 0 }) : total;
  if (average) total.dispose();
  if (!isTracked(x)) return y;
  const inputShape = x.shape;
  return record(y, [x], [], (dy) => {
    const scaled = average ? run('TractScale', { x: dy }, { factor, offset: 0 }) : dy;
    return [expandTo(shape.length === kept.length ? scaled : run('Reshape', { x: scaled }, { shape: kept }), inputShape)];
  });
}

/** Sum over the named axes (all when none is), which vanish unless `keepDims`. */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return reduce('sum', x, axes, keepDims, false);
}

/** Mean over the named axes (all when none is), which vanish unless `keepDims`. */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return reduce('mean', x, axes, keepDims, true);
}
