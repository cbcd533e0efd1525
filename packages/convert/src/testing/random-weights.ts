import type { NamedArray } from '@tract/checkpoint';
import { leaves, randomNormals } from '@tract/tensor';
import { type NetworkConfig, networkSpec, type ParamSpec } from '@tract/unet';
import type { Tensors } from '../foreign-checkpoint.js';
import type { Place, Places } from '../names/place.js';
import { toPlace } from '../names/place.js';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Return standard normal weights of a network by leaf path, a function of the seed. */
export const randomWeights = (network: NetworkConfig, seed: number): Tensors =>
  new Map(
    leaves<ParamSpec>(networkSpec(network)).map(([path, { shape }], sample): [string, NamedArray] => [
      path,
      { dtype: 'F32', shape, data: randomNormals({ seed, sample }, sizeOf(shape)) },
    ]),
  );

/** Return weights of about the size of trained ones, none like another: of unit gain through every layer, normalisations near the identity. */
export const gainfulWeights = (network: NetworkConfig, seed: number): Tensors =>
  new Map(
    Array.from(randomWeights(network, seed), ([path, { shape, data }]): [string, NamedArray] => {
      const gain = path.endsWith('frequencies') ? 1 : shape.length > 1 ? 1 / Math.sqrt(sizeOf(shape.slice(0, -1))) : 0.1;
      const middle = path.endsWith('gamma') ? 1 : 0;
      return [path, { dtype: 'F32', shape, data: (data as Float32Array).map((value) => middle + gain * value) }];
    }),
  );

/** Return weights as another program names and lays them out. */
export const weightsThere = (places: Places, weights: Tensors): Map<string, NamedArray> =>
  new Map(
    [...places].flatMap(([leaf, place]: [string, Place]) =>
      toPlace(place, weights.get(leaf)!.data as Float32Array).map((data, i): [string, NamedArray] => [
        place.names[i],
        { dtype: 'F32', shape: place.shape, data },
      ]),
    ),
  );
