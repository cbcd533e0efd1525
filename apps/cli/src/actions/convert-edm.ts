import type { NamedArray } from '@tract/checkpoint';
import { leaves } from '@tract/tensor';
import { type EdmUNetConfig, edmConfigs, edmFilters, edmNames, edmUNetSpec, fromEdmSettings, type ParamSpec } from '@tract/unet';
import { dataError } from '../errors.js';
import type { EdmOrigin } from './convert-edm-origin.js';
import type { Marker } from './convert-part.js';
import { faultOf, matchNames, type NameTable, type Place } from './convert-table.js';

/** The networks of NVlabs/edm, under their preconditioning. */
export const edmMarker: Marker = { name: 'model.map_layer0.weight', separator: '.' };

export type EdmNetwork = { readonly config: EdmUNetConfig; readonly table: NameTable };

/**
 * The network that these arrays belong to, as far as it is known: by what a pickle says about how it was made, or as one of the
 * published ones.
 * @throws CliError (bad data)
 */
export function recogniseEdm(path: string, arrays: ReadonlyMap<string, NamedArray>, origin?: EdmOrigin): EdmNetwork {
  if (origin) {
    const made = configOf(path, origin.settings);
    // Networks of iDDPM's kind put a variance out behind the noise.
    const config = origin.className === 'iDDPMPrecond' ? { ...made, outputs: 2 } : made;
    return { config, table: matchNames(placesOf(config), arrays) };
  }
  for (const config of publishedVariants()) {
    const table = matchNames(placesOf(config), arrays);
    if (faultOf(table) === undefined) return { config, table };
  }
  throw dataError(`${path} is none of the published networks of EDM; convert the .pkl itself, which says how its network was made`);
}

/** The published ones, and those that know augmentations or classes too. */
const publishedVariants = (): EdmUNetConfig[] =>
  Object.values(edmConfigs).flatMap((config) =>
    [config.classes, 10].flatMap((classes) => [
      { ...config, classes },
      { ...config, classes, augmentChannels: 9 },
    ]),
  );

function configOf(path: string, settings: Readonly<Record<string, unknown>>): EdmUNetConfig {
  try {
    return fromEdmSettings(settings);
  } catch (error) {
    throw dataError(`${path}: ${(error as Error).message}`, error);
  }
}

/** Where everything is that a network of this configuration stores: its parameters by our leaf paths, and its filters by their own names. */
function placesOf(config: EdmUNetConfig): Map<string, Place> {
  const names = edmNames(config);
  const parameters = leaves<ParamSpec>(edmUNetSpec(config)).map(([path, { shape }]): [string, Place] => {
    const { name, layout } = names.get(path)!;
    const [cIn, cOut] = shape.slice(-2);
    return [path, { names: [name], shape: layout === 'plain' ? shape : [cOut, cIn, ...shape.slice(0, -2)] }];
  });
  const filters = Array.from(edmFilters(config), ([name, { shape }]): [string, Place] => [name, { names: [name], shape }]);
  return new Map([...parameters, ...filters]);
}
