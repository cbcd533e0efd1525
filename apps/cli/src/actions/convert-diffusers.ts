import type { NamedArray } from '@tract/checkpoint';
import { leaves } from '@tract/tensor';
import {
  type DhariwalUNetConfig,
  type DiffusersName,
  diffusersNames,
  edmUNetSpec,
  fromDiffusers,
  fromDiffusersSettings,
  type ParamSpec,
} from '@tract/unet';
import { dataError } from '../errors.js';
import type { Shapes } from './convert-facts.js';
import type { AdmNetwork } from './convert-openai.js';
import type { Marker } from './convert-part.js';
import { exactFloat32, faultOf, matchNames } from './convert-table.js';

/** The networks of diffusers' UNet2DModel. */
export const diffusersMarker: Marker = { name: 'time_embedding.linear_1.weight', separator: '.' };

/**
 * The network that a config.json describes, with these arrays for weights.
 * @throws CliError (bad data) that names the setting which no network of ours has.
 */
export function convertDiffusers(file: Shapes, settings: Readonly<Record<string, unknown>>): AdmNetwork {
  const config = configOf(file.path, settings);
  const names = withNamesOf(file, diffusersNames(config));
  const table = matchNames(names, file.arrays);
  if (faultOf(table) !== undefined) return { config, table };
  const tensors = leaves<ParamSpec>(edmUNetSpec(config)).map(([leaf, { shape }]): [string, NamedArray] => {
    const entry = names.get(leaf)!;
    const arrays = entry.names.map((name) => exactFloat32(file.path, name, file.arrays.get(name)!));
    return [leaf, { dtype: 'F32', shape, data: fromDiffusers(entry, arrays) }];
  });
  return { config, table, tensors: new Map(tensors) };
}

function configOf(path: string, settings: Readonly<Record<string, unknown>>): DhariwalUNetConfig {
  try {
    return fromDiffusersSettings(settings);
  } catch (error) {
    throw dataError(`${path}: ${(error as Error).message}`, error);
  }
}

/** What the parts of an attention were called in diffusers before 0.15. */
const olderNames = [
  ['.to_q.', '.query.'],
  ['.to_k.', '.key.'],
  ['.to_v.', '.value.'],
  ['.to_out.0.', '.proj_attn.'],
] as const;

/** The names that the file has: today's, or the older ones. */
function withNamesOf({ arrays }: Shapes, names: ReadonlyMap<string, DiffusersName>): Map<string, DiffusersName> {
  const older = (name: string) => olderNames.reduce((changed, [now, before]) => changed.replace(now, before), name);
  const asThere = (name: string) => (!arrays.has(name) && arrays.has(older(name)) ? older(name) : name);
  return new Map(Array.from(names, ([leaf, entry]) => [leaf, { ...entry, names: entry.names.map(asThere) }]));
}
