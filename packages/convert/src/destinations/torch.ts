import { lazyArray, reasonOf, torchPieces } from '@tract/checkpoint';
import type { EdmUNetConfig, UNetConfig } from '@tract/unet';
import { badCheckpoint } from '../convert-error.js';
import { knownNetwork } from '../known-network.js';
import { arraysOf } from '../lazy-array.js';
import { edmFilters } from '../names/edm-filters.js';
import { edmPlaces } from '../names/edm-places.js';
import { mlTractPlaces } from '../names/ml-tract-places.js';
import type { Places } from '../names/place.js';
import type { Destination } from './destination.js';

/** A state dict for torch.load, under the names of the program that the network is of: ml-tract or EDM. */
export const torch: Destination = {
  name: 'pt',
  isFile: true,
  plan: ({ name, description, tensors }) => {
    const network = knownNetwork(description.network);
    const places = placesOf(name, network);
    const parameters = [...places].flatMap(([leaf, place]) => arraysOf(place, tensors.get(leaf)!));
    const filters =
      network.kind === 'unet'
        ? []
        : Array.from(edmFilters(network), ([one, { shape, values }]) => [one, lazyArray('F32', shape, () => values)] as const);
    return {
      mapped: Array.from(
        places,
        ([
          leaf,
          {
            names: [to],
          },
        ]) => ({ from: [leaf], to, shape: tensors.get(leaf)!.shape }),
      ),
      files: [{ name: 'model.pt', content: () => torchPieces([...parameters, ...filters]) }],
    };
  },
};

/** @throws ConvertError for an ADM that EDM's code does not build. */
function placesOf(name: string, network: UNetConfig | EdmUNetConfig): Places {
  if (network.kind === 'unet') return mlTractPlaces(network);
  try {
    return edmPlaces(network);
  } catch (error) {
    throw badCheckpoint(`${name} cannot take EDM's names: ${reasonOf(error)}; convert it to a .safetensors`, undefined, error);
  }
}
