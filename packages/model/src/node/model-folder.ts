import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openFile } from '@tract/checkpoint/node';
import { loadModel, ModelError, type StoredModel } from '../index.js';

/** Paths of a model's files; its config.json need not exist. */
export type ModelPaths = { readonly weights: string; readonly config: string };

/**
 * Find the files of a model: those of a folder, or a safetensors file and the config.json beside it.
 *
 * @throws ModelError for a folder without weights.
 */
export function modelFiles(path: string): ModelPaths {
  if (!statSync(path).isDirectory()) return { weights: path, config: join(dirname(path), 'config.json') };
  const weights = join(path, 'model.safetensors');
  if (existsSync(weights)) return { weights, config: join(path, 'config.json') };
  const nested = existsSync(join(path, 'model', 'model.safetensors')) ? `; the model of this run is ${join(path, 'model')}` : '';
  throw new ModelError(`${path} is not a model folder: it has no model.safetensors${nested}`);
}

/** Weights above this are read tensor by tensor, from a file that stays open; those below it at once, so that a run may replace them meanwhile. */
const WHOLE_BYTES = 2 ** 30;

/**
 * Read a model folder, or a safetensors file with its configuration in its metadata or as config.json beside it.
 *
 * @throws ModelError or CheckpointError that names the file; the operating system's error for a path that cannot be read.
 */
export function readModel(path: string): StoredModel {
  const { weights, config } = modelFiles(path);
  const bytes = statSync(weights).size > WHOLE_BYTES ? openFile(weights) : readFileSync(weights);
  return loadModel({ name: weights, bytes }, existsSync(config) ? { name: config, bytes: readFileSync(config) } : undefined);
}
