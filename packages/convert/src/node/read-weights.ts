import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type NamedArray, readSafetensors, readShardIndex, readTorch } from '@tract/checkpoint';
import { type FileSource, openFile, sha256OfFiles } from '@tract/checkpoint/node';
import { badCheckpoint } from '../convert-error.js';
import { containerOf } from '../read-source.js';

/** The files that hold weights: one, or the shards that an index names, each with its tensors. */
export type Weights = {
  readonly path: string;
  readonly files: readonly { readonly path: string; readonly bytes: FileSource; readonly tensors?: ReadonlySet<string> }[];
  /** SHA-256 of all bytes, one file after another. */
  readonly sha256: string;
};

/**
 * Open a file of weights, or the shards of an index, which begins as JSON does.
 * @throws ConvertError or CheckpointError when a shard is not beside the index, or the bytes are not those that were expected.
 */
export function openWeights(path: string, expectedSha256?: string): Weights {
  const bytes = openFile(path);
  const files = bytes.size > 0 && bytes.read(0, 1)[0] === 0x7b ? openShards(path, bytes) : [{ path, bytes }];
  const sha256 = sha256OfFiles(files.map((file) => file.bytes));
  if (expectedSha256 !== undefined && sha256 !== expectedSha256)
    throw badCheckpoint(`${path} has the SHA-256 ${sha256}, expected ${expectedSha256}; get the file again, nothing of it was used`);
  return { path, files, sha256 };
}

/** Longest index of shards that is read. */
const INDEX_LIMIT = 2 ** 26;

function openShards(path: string, index: FileSource): Weights['files'] {
  const shards = readShardIndex(index.read(0, Math.min(index.size, INDEX_LIMIT)), { source: path });
  index.close();
  return Array.from(shards, ([name, tensors]) => {
    const shard = join(dirname(path), name);
    const stats = statSync(shard, { throwIfNoEntry: false });
    if (!stats?.isFile()) throw badCheckpoint(`${path} names ${name}, which is ${stats ? 'no plain file' : 'not'} beside it; put it there`);
    return { path: shard, bytes: openFile(realpathSync(shard)), tensors };
  });
}

/** True for a file of torch.save in either form. */
export const isTorch = (file: FileSource): boolean => containerOf(file) === 'torch';

/** Join the tensors of all shards, in each of which must be what the index says. @throws ConvertError or CheckpointError */
export function joinShards({ path, files }: Weights): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  for (const file of files) {
    const found = (isTorch(file.bytes) ? readTorch : readSafetensors)(file.bytes, { source: file.path }).tensors;
    const missing = [...(file.tensors ?? [])].find((name) => !found.has(name));
    if (missing !== undefined) throw badCheckpoint(`${file.path}: tensor '${missing}' is missing, which ${path} says is there`);
    for (const [name, array] of found) {
      if (!file.tensors?.has(name)) throw badCheckpoint(`${file.path}: tensor '${name}' is not among those that ${path} says are there`);
      arrays.set(name, array);
    }
  }
  return arrays;
}
