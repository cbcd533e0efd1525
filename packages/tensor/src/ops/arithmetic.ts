import type { Tensor } from '@tensorflow/tfjs-core';
import { broadcastShape, reduceTo } from '../broadcast.js';
import { run } from '../run.js';
import { activeTape, isTracked, record } from '../tape.js';

const negative = (x: Tensor): Tensor => run('TractScale', { x }, { factor: -1, offset: 0 });
const product = (a: Tensor, b: Tensor): Tensor => run('Multiply', { a, b });

/** a + b, element-wise; shapes broadcast from the last axis. */
export function add(a: Tensor, b: Tensor): Tensor {
  broadcastShape('add', a.shape, b.shape);
  const y = run('Add', { a, b });
  if (!isTracked(a, b)) return y;
  return record(y, [a, b], [], (dy, needs) => [needs[0] ? reduceTo(dy, a.shape) : undefined, needs[1] ? reduceTo(dy, b.shape) : undefined]);
}

/** a - b, element-wise; shapes broadcast from the last axis. */
export function sub(a: Tensor, b: Tensor): Tensor {
  broadcastShape('sub', a.shape, b.shape);
  const y = run('Sub', { a, b });
  if (!isTracked(a, b)) return y;
  return record(y, [a, b], [], (dy, needs) => [
    needs[0] ? reduceTo(dy, a.shape) : undefined,
    needs[1] ? negative(reduceTo(dy, b.shape)) : undefined,
  ]);
}

/** a * b, element-wise; shapes broadcast from the last axis. */
export function mul(a: Tensor, b: Tensor): Tensor {
  broadcastShape('mul', a.shape, b.shape);
  const y = product(a, b);
  if (!isTracked(a, b)) return y;
  const tape = activeTape()!;
  const saved: Tensor[] = [];
  if (tape.tracks(a)) saved.push(b);
  if (tape.tracks(b)) saved.push(a);
  return record(y, [a, b], saved, (dy, needs) => [
    needs[0] ? reduceTo(product(dy, b), a.shape) : undefined,
    needs[1] ? reduceTo(product(dy, a), b.shape) : undefined,
  ]);
}

/** a / b, element-wise; shapes broadcast from the last axis. */
export function div(a: Tensor, b: Tensor): Tensor {
  broadcastShape('div', a.shape, b.shape);
  const y = run('RealDiv', { a, b });
  if (!isTracked(a, b)) return y;
  return record(y, [a, b], activeTape()!.tracks(b) ? [b, y] : [b], (dy, needs) => {
    const da = run('RealDiv', { a: dy, b });
    return [needs[0] ? reduceTo(da, a.shape) : undefined, needs[1] ? negative(reduceTo(product(da, y), b.shape)) : undefined];
  });
}

/** x * factor + offset with plain numbers. */
export function scale(x: Tensor, factor: number, offset = 0): Tensor {
  const y = run('TractScale', { x }, { factor, offset });
  if (!isTracked(x)) return y;
  return record(y, [x], [], (dy) => [factor === 1 ? dy : run('TractScale', { x: dy }, { factor, offset: 0 })]);
}
