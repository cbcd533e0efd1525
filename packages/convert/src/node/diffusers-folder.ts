import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError, parseStrictJson } from '@tract/checkpoint';
import { badCheckpoint } from '../convert-error.js';
import type { ForeignCheckpoint, Settings } from '../foreign-checkpoint.js';

/** Files of a diffusers folder: the path of its weights, and its JSON files. */
export type DiffusersFolder = {
  readonly weights: string;
  /** The part that was asked for, where it has a folder of its own. */
  readonly part?: string;
} & NonNullable<ForeignCheckpoint['diffusers']>;

const weightNames = [
  'diffusion_pytorch_model.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
  'diffusion_pytorch_model.bin',
  'diffusion_pytorch_model.bin.index.json',
  'diffusion_pytorch_model.fp16.safetensors',
  'diffusion_pytorch_model.safetensors.index.fp16.json',
  'diffusion_pytorch_model.fp16.safetensors.index.json',
  'diffusion_pytorch_model.fp16.bin',
];

/** Folders of the networks of a pipeline or a training checkpoint, by part. */
const partFolders: Readonly<Record<string, string>> = { model: 'unet', ema: 'unet_ema' };

/**
 * Find the files in a folder of diffusers: that of a network, or of a pipeline or a training checkpoint with one in `unet` and its average in
 * `unet_ema`. Undefined for any other folder.
 * @throws ConvertError or CheckpointError when its files are damaged or its weights are not there.
 */
export function readDiffusersFolder(path: string, part?: string): DiffusersFolder | undefined {
  const ofPart = part !== undefined && Object.hasOwn(partFolders, part) ? join(path, partFolders[part]) : undefined;
  const isNetwork = (place: string): boolean => readSettings(join(place, 'config.json'))?._class_name !== undefined;
  const folder = [...(ofPart === undefined ? [] : [ofPart]), path, join(path, 'unet'), join(path, 'unet_ema')].find(isNetwork);
  if (folder === undefined) return undefined;
  const weights = weightNames.map((name) => join(folder, name)).find(existsSync);
  if (weights === undefined) throw badCheckpoint(`${folder} has no weights: expected one of ${weightNames.join(', ')}`);
  const scheduler = [path, join(path, 'scheduler')].map((place) => join(place, 'scheduler_config.json')).find(existsSync);
  return {
    weights,
    config: readSettings(join(folder, 'config.json'))!,
    ...(folder === ofPart && { part }),
    ...(scheduler !== undefined && { scheduler: readSettings(scheduler) }),
  };
}

const maxBytes = 2 ** 20;

/** Read a JSON object; undefined where there is no such file. */
function readSettings(path: string): Settings | undefined {
  if (!existsSync(path)) return undefined;
  if (statSync(path).size > maxBytes) throw badCheckpoint(`${path} is longer than 1 MB; is it what it should be?`);
  const fail = (kind: ConstructorParameters<typeof CheckpointError>[0], message: string, cause?: unknown) =>
    new CheckpointError(kind, `${path}: ${message}`, { cause });
  const value = parseStrictJson(readFileSync(path), { depth: 8, integersOnly: false }, fail);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badCheckpoint(`${path} must hold a JSON object`);
  return value as Settings;
}
