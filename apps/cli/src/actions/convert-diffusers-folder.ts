import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError, parseStrictJson } from '@tract/checkpoint';
import type { PreconditioningSettings } from '@tract/schedules';
import { dataError } from '../errors.js';
import { readScheduler } from './convert-scheduler.js';

type Settings = Readonly<Record<string, unknown>>;

/** What a folder of diffusers says of its network, beside the weights. */
export type DiffusersFolder = {
  readonly weights: string;
  readonly settings: Settings;
  /** By the scheduler that lies with it, if one does. */
  readonly preconditioning?: PreconditioningSettings;
};

const weightNames = [
  'diffusion_pytorch_model.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
  'diffusion_pytorch_model.bin',
];

/**
 * A folder of diffusers: that of a network, or of a pipeline with it in `unet`. Undefined for any other folder.
 * @throws CliError or CheckpointError (exit code 3) when its files are damaged, its weights not there or its scheduler not known.
 */
export function readDiffusersFolder(path: string): DiffusersFolder | undefined {
  const folder = [path, join(path, 'unet')].find((place) => readSettings(join(place, 'config.json'))?._class_name !== undefined);
  if (folder === undefined) return undefined;
  const weights = weightNames.map((name) => join(folder, name)).find(existsSync);
  if (weights === undefined) throw dataError(`${folder} has no weights: expected one of ${weightNames.join(', ')}`);
  const settings = readSettings(join(folder, 'config.json'))!;
  const scheduler = [path, join(path, 'scheduler')].map((place) => join(place, 'scheduler_config.json')).find(existsSync);
  return { weights, settings, ...(scheduler !== undefined && { preconditioning: readScheduler(scheduler, readSettings(scheduler)!) }) };
}

const maxBytes = 2 ** 20;

/** A JSON object, or undefined where there is no such file. */
function readSettings(path: string): Settings | undefined {
  if (!existsSync(path)) return undefined;
  if (statSync(path).size > maxBytes) throw dataError(`${path} is longer than 1 MB; is it what it should be?`);
  const fail = (kind: ConstructorParameters<typeof CheckpointError>[0], message: string, cause?: unknown) =>
    new CheckpointError(kind, `${path}: ${message}`, { cause });
  const value = parseStrictJson(readFileSync(path), { depth: 8, integersOnly: false }, fail);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw dataError(`${path} must hold a JSON object`);
  return value as Settings;
}
