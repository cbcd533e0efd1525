import type { Tensor } from '@tensorflow/tfjs-core';
import { slice } from './ops/shape.js';

// Rows are run so many at once that their rooms stay below this size: twice a common last-level cache, for not all of it is in use at a time.
const roomAtOnce = 2 ** 24;
// Pieces side by side each work out for themselves what the kernels make of the parameters: their rooms have about this share of those, and at least that.
const [roomByParameters, leastByParameters] = [3 / 4, 1 / 4];

/** Of so many rows, how many run together, and in how many rooms at a time. */
export function cutRows(
  rows: number,
  { floats, parameters, sideBySide }: { readonly floats: number; readonly parameters: number; readonly sideBySide: number },
): { readonly piece: number; readonly beside: number } {
  const atOnce = Math.min(rows, 2 ** Math.max(0, Math.floor(Math.log2(roomAtOnce / floats))));
  const whole = { piece: atOnce, beside: 1 };
  if (floats === 0 || sideBySide === 1) return whole;
  // Small pieces: who is done first takes one more.
  const piece = Math.min(Math.floor(atOnce / sideBySide), 2 ** Math.max(0, Math.ceil(Math.log2((roomByParameters * parameters) / floats))));
  return piece > 0 && piece * floats >= leastByParameters * parameters ? { piece, beside: sideBySide } : whole;
}

export const rowsOf = (inputs: readonly Tensor[], first: number, count: number): Tensor[] =>
  inputs.map((x) =>
    slice(
      x,
      x.shape.map((_, axis) => (axis === 0 ? first : 0)),
      x.shape.map((length, axis) => (axis === 0 ? count : length)),
    ),
  );
