import { lazyArray, type NamedArray, toFloat32 } from '@tract/checkpoint';
import { badCheckpoint } from './convert-error.js';
import type { Tensors } from './foreign-checkpoint.js';
import { fromPlace, type Place, toPlace } from './names/place.js';

/**
 * Read the numbers of an array as float32.
 * @throws ConvertError for whole numbers and for numbers that are not finite.
 */
export function finiteFloat32(source: string, name: string, array: NamedArray): Float32Array {
  if (!isFloat(array))
    throw badCheckpoint(`${source}: tensor '${name}' must be a floating point type, got ${array.dtype}; convert it to float32`);
  const values = toFloat32(array);
  if (!values.every(Number.isFinite))
    throw badCheckpoint(
      `${source}: tensor '${name}' holds numbers that are not finite${array.dtype === 'F64' ? ' in float32' : ''}; get or train it again`,
    );
  return values;
}

const isFloat = ({ dtype }: NamedArray): boolean => /^B?F\d/.test(dtype);

/** Make the parameter of ours, of `shape`, that a place holds among these tensors. */
export const parameterAt = (source: string, place: Place, tensors: Tensors, shape: readonly number[]): NamedArray =>
  lazyArray('F32', shape, () =>
    fromPlace(
      place,
      place.names.map((name) => finiteFloat32(source, name, tensors.get(name)!)),
    ),
  );

/** Make the arrays of a place from a parameter of ours. */
export const arraysOf = (place: Place, parameter: NamedArray): [name: string, array: NamedArray][] =>
  place.names.map((name, i) => [name, lazyArray('F32', place.shape, () => toPlace(place, toFloat32(parameter))[i])]);
