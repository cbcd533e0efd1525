import type { Tensor } from '@tensorflow/tfjs-core';
import { add } from '../ops/arithmetic.js';
import { type Pad, padPair } from '../ops/conv.js';
import { relu } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { pad as padWith, slice } from '../ops/shape.js';
import { run } from '../run.js';
import { composed } from './compose.js';

type Windows = { readonly stride: number; readonly pad: Pad };

// Some backends know no numeric padding, and some none in the gradients, so zeros are put around the image first.
const surround = (x: Tensor, pad: Pad): Tensor => {
  const [vertical, horizontal] = padPair(pad);
  if (vertical === 0 && horizontal === 0) return x;
  return padWith(x, [
    [0, 0],
    [vertical, vertical],
    [horizontal, horizontal],
    [0, 0],
  ]);
};
const stockWindows = (stride: number): object => ({ strides: [stride, stride], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1] });

export const conv2d = composed(
  ({ x, filter, bias, residual }: { x: Tensor; filter: Tensor; bias?: Tensor; residual?: Tensor }, { stride, pad }: Windows) => {
    let y = run('Conv2D', { x: surround(x, pad), filter }, { ...stockWindows(stride) });
    if (bias !== undefined) y = add(y, bias);
    if (residual !== undefined) y = add(y, residual);
    return y;
  },
);

export const conv2dRelu = composed((inputs: { x: Tensor; filter: Tensor; bias?: Tensor; residual?: Tensor }, windows: Windows) =>
  relu(run('TractConv2D', inputs, windows)),
);

export const conv2dInputGrad = composed(
  ({ dy, filter }: { dy: Tensor; filter: Tensor }, { stride, pad, inputShape }: Windows & { inputShape: number[] }) => {
    const [n, h, w, c] = inputShape;
    const [vertical, horizontal] = padPair(pad);
    const dPadded = run(
      'Conv2DBackpropInput',
      { dy, filter },
      { ...stockWindows(stride), inputShape: [n, h + 2 * vertical, w + 2 * horizontal, c] },
    );
    return vertical === 0 && horizontal === 0 ? dPadded : slice(dPadded, [0, vertical, horizontal, 0], inputShape);
  },
);

export const conv2dFilterGrad = composed(
  ({ x, dy }: { x: Tensor; dy: Tensor }, { stride, pad, filterShape }: Windows & { filterShape: number[] }) => [
    run('Conv2DBackpropFilter', { x: surround(x, pad), dy }, { ...stockWindows(stride), filterShape }),
    sum(dy, [0, 1, 2]),
  ],
);
