import type { Tensor } from '@tensorflow/tfjs-core';
import { add } from '../ops/arithmetic.js';
import { sum } from '../ops/reduce.js';
import { pad as padWith, slice } from '../ops/shape.js';
import { run } from '../run.js';
import { composed } from './compose.js';

type Windows = { readonly stride: number; readonly pad: number };

// Some backends know no numeric padding, and some none in the gradients, so zeros are put around the image first.
const surround = (x: Tensor, n: number): Tensor =>
  n === 0
    ? x
    : padWith(x, [
        [0, 0],
        [n, n],
        [n, n],
        [0, 0],
      ]);
const windows = (stride: number): object => ({ strides: [stride, stride], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] });

export const conv2d = composed(
  ({ x, filter, bias, residual }: { x: Tensor; filter: Tensor; bias?: Tensor; residual?: Tensor }, { stride, pad }: Windows) => {
    let y = run('Conv2D', { x: surround(x, pad), filter }, { ...windows(stride) });
    if (bias !== undefined) y = add(y, bias);
    if (residual !== undefined) y = add(y, residual);
    return y;
  },
);

export const conv2dInputGrad = composed(
  ({ dy, filter }: { dy: Tensor; filter: Tensor }, { stride, pad, inputShape }: Windows & { inputShape: number[] }) => {
    const [n, h, w, c] = inputShape;
    const dPadded = run('Conv2DBackpropInput', { dy, filter }, { ...windows(stride), inputShape: [n, h + 2 * pad, w + 2 * pad, c] });
    return pad === 0 ? dPadded : slice(dPadded, [0, pad, pad, 0], inputShape);
  },
);

export const conv2dFilterGrad = composed(
  ({ x, dy }: { x: Tensor; dy: Tensor }, { stride, pad, filterShape }: Windows & { filterShape: number[] }) => [
    run('Conv2DBackpropFilter', { x: surround(x, pad), dy }, { ...windows(stride), filterShape }),
    sum(dy, [0, 1, 2]),
  ],
);
