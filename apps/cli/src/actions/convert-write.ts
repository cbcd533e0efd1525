import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { encodeModel, type ModelConfig, type NamedArray, writeSafetensors, writeTorch } from '@tract/checkpoint';
import type { ModelDescription } from '@tract/model';
import type { RunError } from '@tract/train';
import { makeFolder, requireRoom, writeFileAtomically } from '@tract/train/node';
import { usageError } from '../errors.js';
import { modelCard } from '../model-card.js';
import { writeModel } from '../model-folder.js';
import { toMlTract } from './convert-ml-tract.js';
import { toEdm } from './convert-to-edm.js';

export type DestinationKind = 'folder' | 'safetensors' | 'pt';

const kinds = new Map<string, DestinationKind>([
  ['.safetensors', 'safetensors'],
  ['.pt', 'pt'],
  ['', 'folder'],
]);

/** What DST will be, checked before any work: it must be new. @throws CliError (usage) */
export function destinationKind(path: string): DestinationKind {
  try {
    requireRoom(path);
  } catch (error) {
    throw usageError(`${(error as RunError).problem}; choose another DST`);
  }
  const kind = kinds.get(extname(path).toLowerCase());
  if (kind === undefined) throw usageError(`${path} must end in .safetensors or .pt, or be a new folder (a name without a dot)`);
  const isEmptyFolder = existsSync(path) && statSync(path).isDirectory() && readdirSync(path).length === 0;
  if (existsSync(path) && !(kind === 'folder' && isEmptyFolder))
    throw usageError(`${path} exists; choose another name for what is written`);
  return kind;
}

/** A model of ours on the host. */
export type HostModel = { readonly description: ModelDescription; readonly tensors: ReadonlyMap<string, NamedArray> };

/** Writes a model, whole or not at all. */
export function writeConverted(path: string, kind: DestinationKind, { description, tensors }: HostModel): void {
  if (kind === 'folder') {
    writeModel(path, description, tensors, modelCard(description, path));
    return;
  }
  makeFolder(dirname(path));
  writeFileAtomically(path, kind === 'pt' ? writeTorch(namesThere(description, tensors)) : oneFile(description, tensors));
}

/** The names and layouts of the program that the network is of. */
const namesThere = ({ network }: ModelDescription, tensors: ReadonlyMap<string, NamedArray>) =>
  network.kind === 'unet' ? toMlTract(network, tensors) : toEdm(network, tensors);

/** The weights of a model folder, with the configuration among the metadata, where `readModel` finds it. */
function oneFile(description: ModelDescription, tensors: ReadonlyMap<string, NamedArray>): Uint8Array {
  const config = { format: 'tract-model', version: 1, ...description } as unknown as ModelConfig;
  return encodeModel(config, tensors, { 'tract.config': JSON.stringify(config) })['model.safetensors'];
}

/** Writes arrays under the names that they came with. */
export function writeArrays(
  path: string,
  kind: Exclude<DestinationKind, 'folder'>,
  arrays: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>>,
): void {
  makeFolder(dirname(path));
  writeFileAtomically(path, kind === 'pt' ? writeTorch(arrays) : writeSafetensors(arrays, metadata));
}
