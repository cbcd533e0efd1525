import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { type Shape, showShape } from '../shape.js';
import { isTracked, record } from '../tape.js';

/** Double height and width of x [N,H,W,C] by repeating each pixel (nearest neighbour). */
export function upsample2x(x: Tensor): Tensor {
  if (x.rank !== 4) throw new RangeError(`upsample2x: expected [N,H,W,C], got ${showShape(x.shape)}`);
  const y = run('TractUpsample2x', { x }, { scale: 1 });
  return isTracked(x) ? record(y, [x], [], (dy) => [run('TractDownsample2x', { x: dy }, { scale: 1 })]) : y;
}

/**
 * Halve height and width of x [N,H,W,C] by averaging blocks of 2x2.
 * @throws RangeError when a side is odd.
 */
export function avgPool2x(x: Tensor): Tensor {
  const shape: Shape = x.shape;
  if (shape.length !== 4 || shape[1] % 2 !== 0 || shape[2] % 2 !== 0) {
    throw new RangeError(`avgPool2x: expected [N,H,W,C] with even H and W, got ${showShape(shape)}`);
  }
  const y = run('TractDownsample2x', { x }, { scale: 0.25 });
  return isTracked(x) ? record(y, [x], [], (dy) => [run('TractUpsample2x', { x: dy }, { scale: 0.25 })]) : y;
}
