import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StoredModel as Model } from '@tract/model';
import { type ModelPaths, modelFiles, readModel as readModelAt } from '@tract/model/node';
import { dataError } from '../errors.js';
import { didYouMean } from '../options/near-miss.js';
import { shippedFolder, shippedNames } from '../shipped-models.js';

/** A model that has been read and checked, still on the host. */
export type StoredModel = Model & {
  /** MODEL as it was named. */
  readonly path: string;
};

/**
 * Read MODEL: a model folder, a safetensors file with its configuration (in its metadata or as config.json beside it), or the name of a shipped model.
 *
 * @throws CliError, ModelError or CheckpointError (exit code 3) that names the file.
 */
export const readModel = (name: string): StoredModel => ({ ...readModelAt(placeOf(name)), path: name });

/** True if MODEL names a file or folder, or a shipped model. */
export const hasModel = (name: string): boolean => existsSync(name) || shippedNames().includes(name);

/** Find the files of a model. @throws CliError or ModelError (bad data) */
export const locateModel = (name: string): ModelPaths => modelFiles(placeOf(name));

function placeOf(name: string): string {
  if (existsSync(name)) return resolve(name);
  const place = join(shippedFolder, name);
  const isPlainName = !/[/\\]/.test(name) && name !== '' && name !== '.' && name !== '..';
  if (isPlainName && existsSync(place)) return place;
  const known = shippedNames();
  const list = known.length === 0 ? 'none' : known.join(', ');
  const missing = isPlainName && !name.includes('.') ? `no model '${name}':` : `there is no file or folder '${name}';`;
  throw dataError(`${missing} expected a model folder, a safetensors file or a shipped name (${list})${didYouMean(name, known)}`);
}
