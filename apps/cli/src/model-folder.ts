import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { decodeModelConfig, encodeModel, type ModelConfig, type NamedArray, readSafetensors } from '@tract/checkpoint';
import { writeFolderAtomically } from './atomic.js';
import { checkDiffusionModel, type DiffusionModel } from './diffusion-model.js';
import { dataError } from './errors.js';
import { didYouMean } from './near-miss.js';
import { type NetworkParams, specOf } from './network.js';
import { shippedFolder, shippedNames } from './shipped-models.js';
import { checkArrays, uploadTree } from './state-tree.js';

/** What `config.json` of a model says beyond the format's header. */
export type ModelDescription = DiffusionModel & {
  /** Numbers of sampling steps that the model is made for, best first; a teacher takes any. */
  readonly samplingSteps: readonly number[];
  readonly data: string;
  /** How it was made: whatever the writer knows. */
  readonly recipe?: { readonly [name: string]: ModelConfig[string] };
  /** Measurements, which `scoresOf` reads. */
  readonly scores?: ModelConfig[string];
};

/** A model that has been read and checked, still on the host. */
export type StoredModel = ModelDescription & {
  readonly path: string;
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, NamedArray>;
};

/** Key of the copy of config.json inside the safetensors file, which makes that file enough by itself. */
const configKey = 'tract.config';

/**
 * Reads MODEL: a model folder, a safetensors file with its configuration (in its metadata or as config.json beside it), or the name of
 * a shipped model. Checks that every tensor is there in the right shape and type.
 * @throws CliError or CheckpointError (exit code 3) that names the file.
 */
export function readModel(name: string): StoredModel {
  const { weights, config: configPath } = locateModel(name);
  const { tensors, metadata } = readSafetensors(readFileSync(weights), { source: weights });
  const inside = metadata.get(configKey);
  const config = existsSync(configPath)
    ? decodeModelConfig(readFileSync(configPath), configPath)
    : inside === undefined
      ? undefined
      : decodeModelConfig(Buffer.from(inside), `${weights}, metadata '${configKey}'`);
  if (!config)
    throw dataError(`${weights} says nothing about its network: expected a config.json beside it; copy the one that belongs to it`);
  const description = describeModel(config, existsSync(configPath) ? configPath : weights);
  checkArrays(specOf(description.network), tensors, weights);
  return { ...description, path: name, config, tensors };
}

/** Whether MODEL names a file or folder, or a shipped model. */
export const hasModel = (name: string): boolean => existsSync(name) || shippedNames().includes(name);

/** The files of a model. @throws CliError (bad data) */
export function locateModel(name: string): { weights: string; config: string } {
  const place = existsSync(name) ? resolve(name) : join(shippedFolder, name);
  const isPlainName = !/[/\\]/.test(name) && name !== '' && name !== '.' && name !== '..';
  if (!existsSync(name) && !(isPlainName && existsSync(place))) {
    const known = shippedNames();
    const list = known.length === 0 ? 'none' : known.join(', ');
    throw dataError(
      `no model '${name}': expected a model folder, a safetensors file or a shipped name (${list})${didYouMean(name, known)}`,
    );
  }
  if (!statSync(place).isDirectory()) return { weights: place, config: join(dirname(place), 'config.json') };
  const nested = !existsSync(join(place, 'model.safetensors')) && existsSync(join(place, 'model', 'model.safetensors'));
  const weights = join(place, 'model.safetensors');
  if (!existsSync(weights)) {
    throw dataError(
      `${name} is not a model folder: it has no model.safetensors${nested ? `; the model of this run is ${join(name, 'model')}` : ''}`,
    );
  }
  return { weights, config: join(place, 'config.json') };
}

function describeModel(config: ModelConfig, source: string): ModelDescription {
  const description = config as unknown as ModelDescription;
  const fail = (what: string) => dataError(`${source}: ${what}`);
  try {
    checkDiffusionModel(description);
  } catch (error) {
    throw dataError(`${source}: no model can be built from this configuration: ${(error as Error).message}`, error);
  }
  if (!Array.isArray(description.samplingSteps)) throw fail("expected 'samplingSteps', a list of numbers of steps");
  if (typeof description.data !== 'string') throw fail("expected 'data', the name of the data set");
  return description;
}

/** The parameters as tensors of the active backend; the caller owns them. */
export const uploadParams = ({ network, tensors }: StoredModel): NetworkParams => uploadTree(specOf(network), tensors) as NetworkParams;

/** Writes a model folder with its card, whole or not at all. */
export function writeModel(
  path: string,
  description: ModelDescription,
  tensors: Iterable<readonly [string, NamedArray]>,
  card: string,
): void {
  const config = { format: 'tract-model', version: 1, ...description } as unknown as ModelConfig;
  const files = encodeModel(config, tensors, { [configKey]: JSON.stringify(config) });
  writeFolderAtomically(path, new Map<string, Uint8Array | string>([...Object.entries(files), ['README.md', card]]));
}
