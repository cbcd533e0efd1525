import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type NamedArray, readEdm, readFlax, readSafetensors, readTorch } from '@tract/checkpoint';
import { dataError } from '../errors.js';
import { readModel, type StoredModel } from '../model-folder.js';
import { type EdmOrigin, edmOriginIn, edmOriginOf } from './convert-edm-origin.js';

/** Arrays under the names of another program. */
export type ForeignSource = {
  readonly path: string;
  readonly format: 'safetensors' | 'torch' | 'edm' | 'flax';
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** How a network of EDM was made, where the file tells. */
  readonly edm?: EdmOrigin;
};
export type ModelSource = { readonly path: string; readonly format: 'model'; readonly model: StoredModel };
/** What was read, by what its content is: a model of ours, or something else. */
export type Source = ModelSource | ForeignSource;

/** Bytes that one call reads; the system reads less than 2 GiB at once. */
const CHUNK = 2 ** 30;

/**
 * Reads a checkpoint of any format that we know, told by its content.
 * @throws CliError or CheckpointError (exit code 3) that names the file.
 */
export function readSource(path: string): Source {
  const source = readAny(path);
  if (source.format === 'model') return source;
  // Names are printed, and a terminal would obey what they say.
  if ([...source.arrays.keys()].some((name) => /\p{Cc}/u.test(name)))
    throw dataError(`${path}: the name of a tensor holds control characters; is the file what it should be?`);
  return source;
}

function readAny(path: string): Source {
  if (!existsSync(path) || statSync(path).isDirectory()) return { path, format: 'model', model: readModel(path) };
  const bytes = readWhole(path);
  const options = { source: path };
  switch (formatOf(bytes)) {
    case 'torch':
      return { path, format: 'torch', arrays: readTorch(bytes, options).tensors };
    case 'edm': {
      const { tensors, value } = readEdm(bytes, options);
      return { path, format: 'edm', arrays: tensors, edm: edmOriginOf(value) };
    }
    case 'flax':
      return { path, format: 'flax', arrays: readFlax(bytes, options).tensors };
    case 'safetensors': {
      const { tensors, metadata } = readSafetensors(bytes, options);
      const isModel = metadata.has('tract.config') || [...tensors.keys()].some((name) => name.startsWith('embedding.'));
      if (isModel) return { path, format: 'model', model: readModel(path) };
      return { path, format: 'safetensors', arrays: tensors, edm: edmOriginIn(path, metadata) };
    }
    default:
      throw dataError(
        `${path} is no checkpoint that is known: expected safetensors, a file of torch.save, a flax msgpack or a pickle of EDM`,
      );
  }
}

/** A whole file, also one above 2 GiB. */
function readWhole(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(fstatSync(file).size);
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(file, bytes, at, Math.min(CHUNK, bytes.length - at), null);
      if (count === 0) throw dataError(`${path} became shorter while it was read; try again`);
      at += count;
    }
    return bytes;
  } finally {
    closeSync(file);
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
