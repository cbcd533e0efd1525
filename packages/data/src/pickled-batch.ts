import type { NamedArray } from '@tract/checkpoint';

/** Numbers of a pickled dict, which programs keep as a list or as an array of one axis; undefined for anything else. */
export function listedNumbers(value: NamedArray | readonly number[] | undefined): readonly number[] | undefined {
  if (!value || !('dtype' in value)) return value;
  return value.shape.length === 1 ? Array.from<number | bigint, number>(value.data as ArrayLike<number | bigint>, Number) : undefined;
}

/** True for the shape of square images of three colours as planes, as rows [count, 3 side²] or as [count, 3, side, side]; their bytes are the same. */
export const isPlanes = (shape: readonly number[], side: number): boolean =>
  [`${3 * side * side}`, `3,${side},${side}`].includes(String(shape.slice(1)));
