import { existsSync, readFileSync, statSync } from 'node:fs';
import { modelFiles } from '@tract/model/node';
import { foreign, readSource, type Source } from '../read-source.js';
import { readDiffusersFolder } from './diffusers-folder.js';
import { isTorch, joinShards, openWeights, type Weights } from './read-weights.js';
import { refuseFolder } from './refused-folder.js';

/** A checkpoint that has been opened, and the SHA-256 of its weights. Its tensors are read as they are needed, until it is closed. */
export type OpenedSource = Source & {
  readonly sha256: string;
  /** The part that was asked for, where a folder of its own held nothing else. */
  readonly part?: string;
  readonly close: () => void;
};

/**
 * Open a checkpoint by its path: a file that `readSource` knows, an index of shards, a folder of diffusers or a model folder.
 * @param expectedSha256 of the bytes of the weights. Default: anything.
 * @param part network of a folder that has several (`unet`, `unet_ema`). Default: the first.
 * @throws ConvertError, ModelError or CheckpointError that names the file; the operating system's error for a path that cannot be read.
 */
export function openSource(path: string, expectedSha256?: string, part?: string): OpenedSource {
  const isFolder = statSync(path).isDirectory();
  if (isFolder) refuseFolder(path);
  const diffusers = isFolder ? readDiffusersFolder(path, part) : undefined;
  const model = diffusers ? undefined : modelFiles(path);
  const weights = openWeights(diffusers?.weights ?? model!.weights, expectedSha256);
  const source = readWeights(path, weights, model?.config);
  const close = () => {
    for (const { bytes } of weights.files) bytes.close();
  };
  const opened = { sha256: weights.sha256, close };
  if (!diffusers || source.container === 'model') return { ...source, ...opened };
  const { config, scheduler } = diffusers;
  const taken = diffusers.part === undefined ? {} : { part: diffusers.part };
  return { container: source.container, content: { ...source.content, diffusers: { config, scheduler } }, ...opened, ...taken };
}

/** One file is recognised by its content; shards are joined. */
function readWeights(path: string, weights: Weights, configPath: string | undefined): Source {
  const [{ bytes, tensors }] = weights.files;
  if (tensors !== undefined) return foreign(isTorch(bytes) ? 'torch' : 'safetensors', { name: path, tensors: joinShards(weights) });
  const config = configPath !== undefined && existsSync(configPath) ? { name: configPath, bytes: readFileSync(configPath) } : undefined;
  return readSource({ name: path, bytes }, config);
}
