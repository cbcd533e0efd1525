import type { NamedArray } from '@tract/checkpoint';
import { type Places, toPlace } from '@tract/convert';

/** Return parameters of ours as another program names and lays them out. */
export const stateDictOf = (places: Places, tensors: ReadonlyMap<string, NamedArray>): [name: string, array: NamedArray][] =>
  [...places].flatMap(([path, place]) => {
    const arrays = toPlace(place, tensors.get(path)!.data as Float32Array);
    return arrays.map((data, i): [string, NamedArray] => [place.names[i], { dtype: 'F32', shape: place.shape, data }]);
  });
