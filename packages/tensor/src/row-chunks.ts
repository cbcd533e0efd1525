import type { Tensor } from '@tensorflow/tfjs-core';
import { slice } from './ops/shape.js';

// Each concurrent chunk repacks the filters itself, so its workspace should be about 3/4 of the parameters' size, and never below 1/4.
const [workspaceByParameters, leastByParameters] = [3 / 4, 1 / 4];

/** Sizes in floats: the workspace that one row needs, all parameters, the last cache; and how many threads may run a chunk each. */
export type ChunkSizes = {
  readonly floats: number;
  readonly parameters: number;
  readonly cacheFloats: number;
  readonly concurrency: number;
};

/** Choose how many of so many rows run together, and how many such chunks at a time. */
export function cutRows(
  rows: number,
  { floats, parameters, cacheFloats, concurrency }: ChunkSizes,
): { readonly chunk: number; readonly concurrent: number } {
  const atOnce = Math.min(rows, 2 ** Math.max(0, Math.floor(Math.log2(cacheFloats / floats))));
  const whole = { chunk: atOnce, concurrent: 1 };
  if (floats === 0 || concurrency === 1) return whole;
  // Small chunks: the thread that is done first takes one more.
  const chunk = Math.min(
    Math.floor(atOnce / concurrency),
    2 ** Math.max(0, Math.ceil(Math.log2((workspaceByParameters * parameters) / floats))),
  );
  return chunk > 0 && chunk * floats >= leastByParameters * parameters ? { chunk, concurrent: concurrency } : whole;
}

/** Copy rows [first, first + count) of each tensor. */
export const rowsOf = (inputs: readonly Tensor[], first: number, count: number): Tensor[] =>
  inputs.map((x) =>
    slice(
      x,
      x.shape.map((_, axis) => (axis === 0 ? first : 0)),
      x.shape.map((length, axis) => (axis === 0 ? count : length)),
    ),
  );
