import { randomNormals } from '../noise.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Array64 } from './reference/array64.js';

/** Distribution of the values of a test input: offset + spread·normal, optionally with magnitudes of at least `away` from zero. */
export type Values = { readonly offset?: number; readonly spread?: number; readonly away?: number };

/** Random values as float64 numbers that float32 holds exactly, so that a backend and the reference see the same input. */
export function randomValues(seed: number, shape: Shape, { offset = 0, spread = 1, away = 0 }: Values = {}): Array64 {
  const data = Float64Array.from(randomNormals({ seed, stream: 77 }, sizeOf(shape)), (z) => {
    const value = offset + spread * z;
    return Math.fround(Math.abs(value) < away ? (value < 0 ? -away : away) : value);
  });
  return { shape, data };
}
