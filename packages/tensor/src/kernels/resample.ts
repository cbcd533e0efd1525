import type { Tensor } from '@tensorflow/tfjs-core';
import { add, scale as scaled } from '../ops/arithmetic.js';
import { concat, reshape, slice } from '../ops/shape.js';
import { composed } from './compose.js';

type Input = { readonly x: Tensor };
type Scale = { readonly scale: number };

/** Repeating is joining x with itself, first along the channels (columns repeat), then along whole rows. */
export const upsample2x = composed(({ x }: Input, { scale }: Scale) => {
  const [n, h, w, c] = x.shape;
  const columns = reshape(concat([x, x], 3), [n, h, 2 * w * c]);
  const y = reshape(concat([columns, columns], 2), [n, 2 * h, 2 * w, c]);
  return scale === 1 ? y : scaled(y, scale);
});

export const downsample2x = composed(({ x }: Input, { scale }: Scale) => {
  const [n, h, w, c] = x.shape;
  const halves = (t: Tensor, count: number, length: number): Tensor =>
    add(slice(t, [0, 0, 0], [count, 1, length]), slice(t, [0, 1, 0], [count, 1, length]));
  const rows = halves(reshape(x, [(n * h) / 2, 2, w * c]), (n * h) / 2, w * c);
  const blocks = halves(reshape(rows, [(n * h * w) / 4, 2, c]), (n * h * w) / 4, c);
  const y = reshape(blocks, [n, h / 2, w / 2, c]);
  return scale === 1 ? y : scaled(y, scale);
});
