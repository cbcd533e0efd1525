import type { Tensor } from '@tensorflow/tfjs-core';
import { run } from '../run.js';
import { composed } from './compose.js';

type Windows = { readonly size: number; readonly stride: number; readonly pad: number };

/** The stock kernels leave out what lies outside the image. */
const stock = (kernel: string) =>
  composed(({ x }: { x: Tensor }, { size, stride, pad }: Windows) =>
    run(kernel, { x }, { filterSize: [size, size], strides: [stride, stride], pad, dimRoundingMode: 'floor' }),
  );

export const maxPool = stock('MaxPool');
export const avgPool = stock('AvgPool');
