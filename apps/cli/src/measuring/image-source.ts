import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isSetName } from '@tract/data';
import { type ImageSource, imageSourceForms, imagesOfSet, type ReadImageOptions, readImageSource } from '@tract/scores';
import { dataError, usageError } from '../errors.js';
import { readModel, type StoredModel } from '../models/model-folder.js';
import { checkSet, openSet } from '../options/data-sets.js';

/** A side of a comparison on the command line: an image source, or a model to draw from. */
export type MeasureSource = ImageSource & { readonly model?: StoredModel };

/** Forms of a side, for errors and help. */
const measureSourceForms = `a MODEL, ${imageSourceForms}, or a data set such as mnist:test`;

/** Check a name that can only be that of a data set. @throws CliError (usage) that names the nearest one. */
export function checkSource(name: string): void {
  if (isSetName(name) || (/^\w+[:=]/.test(name) && !isPath(name) && !existsSync(name))) checkSet(name);
}

/**
 * Read a side that a word of the command line names.
 * @throws CliError, ScoresError, DataError or CheckpointError that names it.
 */
export async function readMeasureSource(name: string, options: ReadImageOptions = {}): Promise<MeasureSource> {
  if (isSetName(name)) return { name, images: imagesOfSet(await openSet(name, options)) };
  if (!existsSync(name) && isPath(name)) throw dataError(`there is no file or folder ${name}; expected ${measureSourceForms}`);
  if (isModelName(name)) return { name, model: readModel(name) };
  if (!statSync(name).isDirectory() && !/^\.(npz|npy|zip)$/i.test(extname(name)))
    throw usageError(`${name}: expected ${measureSourceForms}`);
  return readImageSource(name, options);
}

/** True for a path; names of shipped models have neither folder nor ending. */
const isPath = (name: string): boolean => /[/\\]/.test(name) || extname(name) !== '';

/** True if a side is a model, by its name and what lies there. */
export const isModelName = (name: string): boolean =>
  !isSetName(name) &&
  (existsSync(name) ? existsSync(join(name, 'model.safetensors')) || extname(name).toLowerCase() === '.safetensors' : !isPath(name));
