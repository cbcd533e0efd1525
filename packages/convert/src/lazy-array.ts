import { allFinite, elementCount, elementsOf, lazyArray, type NamedArray, toFloat32 } from '@tract/checkpoint';
import { badCheckpoint } from './convert-error.js';
import type { Tensors } from './foreign-checkpoint.js';
import { type Place, readPlace, toPlace } from './names/place.js';
import type { ReadFloats } from './names/torch-layout.js';

/**
 * Read the numbers of an array as float32.
 * @throws ConvertError for whole numbers and for numbers that are not finite.
 */
export const finiteFloat32 = (source: string, name: string, array: NamedArray): Float32Array =>
  finiteFloats(source, name, array)(0, elementCount(array.shape)!);

/** Make a reader of an array's numbers as float32: a part at a time where they lie in a file in their order. @throws ConvertError as `finiteFloat32` does */
function finiteFloats(source: string, name: string, array: NamedArray): ReadFloats {
  const { dtype, content } = array;
  if (!/^B?F\d/.test(dtype))
    throw badCheckpoint(`${source}: tensor '${name}' must be a floating point type, got ${dtype}; convert it to float32`);
  const held = content ? array : { ...array }; // its data is made anew at each access
  return (begin, end) => {
    const values = toFloat32(elementsOf(held, begin, end));
    if (!allFinite(values))
      throw badCheckpoint(
        `${source}: tensor '${name}' holds numbers that are not finite${dtype === 'F64' ? ' in float32' : ''}; get or train it again`,
      );
    return values;
  };
}

/** Make the parameter of ours, of `shape`, that a place holds among these tensors. */
export const parameterAt = (source: string, place: Place, tensors: Tensors, shape: readonly number[]): NamedArray =>
  lazyArray('F32', shape, () =>
    readPlace(
      place,
      place.names.map((name) => finiteFloats(source, name, tensors.get(name)!)),
    ),
  );

/** Make the arrays of a place from a parameter of ours. */
export const arraysOf = (place: Place, parameter: NamedArray): [name: string, array: NamedArray][] =>
  place.names.map((name, i) => [name, lazyArray('F32', place.shape, () => toPlace(place, toFloat32(parameter))[i])]);
