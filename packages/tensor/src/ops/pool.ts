import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { type Shape, showShape } from '../shape.js';
import { isTracked } from '../tape.js';

export type PoolOptions = {
  /** Side of the square window. */
  readonly size: number;
  /** Step between windows on both axes; the window's size by default. */
  readonly stride?: number;
  /** Pixels by which windows may begin and end outside the image, less than `size`; 0 by default. What lies outside does not count. */
  readonly pad?: number;
};

/** Largest value of each window: x [N,H,W,C] → [N,Ho,Wo,C] with Ho = floor((H + 2 pad - size) / stride) + 1. Forward only. @throws RangeError when sizes do not fit; Error under a gradient. */
export const maxPool = (x: Tensor, options: PoolOptions): Tensor => pool('maxPool', 'TractMaxPool', x, options);

/** Mean of each window's pixels inside the image; sizes, limits and errors as `maxPool`. */
export const avgPool = (x: Tensor, options: PoolOptions): Tensor => pool('avgPool', 'TractAvgPool', x, options);

function pool(where: string, kernel: string, x: Tensor, { size, stride = size, pad = 0 }: PoolOptions): Tensor {
  if (![size, stride, pad + 1].every((n) => Number.isInteger(n) && n >= 1) || pad >= size) {
    throw new RangeError(`${where}: size and stride must be integers >= 1 and pad in [0, size), got ${size}, ${stride} and ${pad}`);
  }
  const shape: Shape = x.shape;
  if (shape.length !== 4 || Math.min(shape[1], shape[2]) + 2 * pad < size) {
    throw new RangeError(`${where}: expected [N,H,W,C] no smaller than the window of ${size} with pad ${pad}, got ${showShape(shape)}`);
  }
  if (isTracked(x)) throw new Error(`${where}: has no gradient yet; take features outside of the gradient, or use avgPool2x`);
  return run(kernel, { x }, { size, stride, pad });
}
