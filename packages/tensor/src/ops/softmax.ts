import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { scope } from '../scope.js';
import { isTracked, record } from '../tape.js';

const lastAxisSum = (x: Tensor): Tensor => run('Sum', { x }, { axis: [x.rank - 1], keepDims: true });

/** exp(x) / sum(exp(x)) over the last axis. */
export function softmax(x: Tensor): Tensor {
  if (x.rank === 0) throw new RangeError('softmax: needs at least one axis, got a scalar');
  const y = run('Softmax', { logits: x }, { dim: x.rank - 1 });
  if (!isTracked(x)) return y;
  // dx = y (dy - sum(dy y))
  return record(y, [x], [y], (dy) => {
    const total = lastAxisSum(run('Multiply', { a: dy, b: y }));
    return [run('Multiply', { a: run('Sub', { a: dy, b: total }), b: y })];
  });
}

/** log(softmax(x)) over the last axis, without overflow. */
export function logSoftmax(x: Tensor): Tensor {
  if (x.rank === 0) throw new RangeError('logSoftmax: needs at least one axis, got a scalar');
  const y = scope(() => {
    const shifted = run('Sub', { a: x, b: run('Max', { x }, { reductionIndices: [x.rank - 1], keepDims: true }) });
    return run('Sub', { a: shifted, b: run('Log', { x: lastAxisSum(run('Exp', { x: shifted })) }) });
  });
  if (!isTracked(x)) return y;
  // dx = dy - softmax sum(dy)
  return record(y, [x], [y], (dy) => [run('Sub', { a: dy, b: run('Multiply', { a: run('Exp', { x: y }), b: lastAxisSum(dy) }) })]);
}
