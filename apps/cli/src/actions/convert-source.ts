import { existsSync, statSync } from 'node:fs';
import { type NamedArray, readEdm, readFlax, readSafetensors, readTorch } from '@tract/checkpoint';
import { dataError } from '../errors.js';
import { locateModel, readModel, type StoredModel } from '../model-folder.js';
import { type DiffusersFolder, readDiffusersFolder } from './convert-diffusers-folder.js';
import { type EdmOrigin, edmOriginIn, edmOriginOf } from './convert-edm-origin.js';
import { joinShards, readWeights, type Weights } from './convert-weights.js';

/** Arrays under the names of another program. */
export type ForeignSource = {
  readonly path: string;
  readonly format: 'safetensors' | 'torch' | 'edm' | 'flax';
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** Of the bytes of its weights. */
  readonly sha256: string;
  /** How a network of EDM was made, where the file tells. */
  readonly edm?: EdmOrigin;
  /** What lies beside the weights in a folder of diffusers. */
  readonly diffusers?: DiffusersFolder;
};
export type ModelSource = { readonly path: string; readonly format: 'model'; readonly sha256: string; readonly model: StoredModel };
/** What was read, by what its content is: a model of ours, or something else. */
export type Source = ModelSource | ForeignSource;

/**
 * Reads a checkpoint of any format that we know, told by its content.
 * @throws CliError or CheckpointError (exit code 3) that names the file.
 */
export function readSource(path: string, expectedSha256?: string): Source {
  const source = readAny(path, expectedSha256);
  if (source.format === 'model') return source;
  // Names are printed, and a terminal would obey what they say.
  if ([...source.arrays.keys()].some((name) => /\p{Cc}/u.test(name)))
    throw dataError(`${path}: the name of a tensor holds control characters; is the file what it should be?`);
  return source;
}

function readAny(path: string, expectedSha256?: string): Source {
  const isFolder = !existsSync(path) || statSync(path).isDirectory();
  const diffusers = isFolder ? readDiffusersFolder(path) : undefined;
  const weights = readWeights(diffusers?.weights ?? (isFolder ? locateModel(path).weights : path), expectedSha256);
  if (isFolder && !diffusers) return { path, format: 'model', sha256: weights.sha256, model: readModel(path) };
  return { ...readArrays(path, weights), ...(diffusers && { diffusers }) };
}

/** One file is told by its content; shards are safetensors. */
function readArrays(path: string, weights: Weights): Source {
  const { sha256, files } = weights;
  const [{ bytes, tensors: shard }] = files;
  const options = { source: weights.path };
  if (shard !== undefined) return { path, format: 'safetensors', sha256, arrays: joinShards(weights) };
  switch (formatOf(bytes)) {
    case 'torch':
      return { path, format: 'torch', sha256, arrays: readTorch(bytes, options).tensors };
    case 'edm': {
      const { tensors, value } = readEdm(bytes, options);
      return { path, format: 'edm', sha256, arrays: tensors, edm: edmOriginOf(value) };
    }
    case 'flax':
      return { path, format: 'flax', sha256, arrays: readFlax(bytes, options).tensors };
    case 'safetensors': {
      const { tensors, metadata } = readSafetensors(bytes, options);
      const isModel = metadata.has('tract.config') || [...tensors.keys()].some((name) => name.startsWith('embedding.'));
      if (isModel) return { path, format: 'model', sha256, model: readModel(path) };
      return { path, format: 'safetensors', sha256, arrays: tensors, edm: edmOriginIn(path, metadata) };
    }
    default:
      throw dataError(
        `${path} is no checkpoint that is known: expected safetensors or an index of them, a file of torch.save, a flax msgpack or a pickle of EDM`,
      );
  }
}

/** Zip and legacy torch files, pickles, safetensors and msgpack maps begin differently. */
function formatOf(bytes: Uint8Array): ForeignSource['format'] | undefined {
  const begins = (...start: number[]) => start.every((byte, i) => bytes[i] === byte);
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc)) return 'torch';
  // A safetensors file begins with the length of its header, whose first character is {.
  if (bytes.length > 8 && bytes[8] === 0x7b && new DataView(bytes.buffer).getUint32(4, true) === 0) return 'safetensors';
  if (bytes[0] === 0x80 && bytes[1] <= 5) return 'edm';
  const isMap = (bytes[0] & 0xf0) === 0x80 || bytes[0] === 0xde || bytes[0] === 0xdf;
  return isMap ? 'flax' : undefined;
}
