import { createHash } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type NamedArray, readSafetensors, readShardIndex } from '@tract/checkpoint';
import { dataError } from '../errors.js';

/** The files that hold weights, whole: one, or the shards that an index names, each with its tensors. */
export type Weights = {
  readonly path: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array; readonly tensors?: ReadonlySet<string> }[];
  /** Of all bytes, one file after another. */
  readonly sha256: string;
};

/** Bytes that one call reads; the system reads less than 2 GiB at once. */
const CHUNK = 2 ** 30;

/**
 * Reads a file of weights, or the shards of an index, which begins as JSON does.
 * @throws CliError or CheckpointError (exit code 3) when a shard is not a file beside the index, or the bytes are not those that were expected.
 */
export function readWeights(path: string, expectedSha256?: string): Weights {
  const bytes = readWhole(path);
  const files = bytes[0] === 0x7b ? readShards(path, bytes) : [{ path, bytes }];
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.bytes);
  const sha256 = hash.digest('hex');
  if (expectedSha256 !== undefined && sha256 !== expectedSha256)
    throw dataError(
      `${path} has the SHA-256 ${sha256}, --expect-sha256 says ${expectedSha256}; get the file again, nothing of it was used`,
    );
  return { path, files, sha256 };
}

function readShards(path: string, index: Uint8Array): Weights['files'] {
  return Array.from(readShardIndex(index, { source: path }), ([name, tensors]) => {
    const shard = join(dirname(path), name);
    const stats = lstatSync(shard, { throwIfNoEntry: false });
    if (!stats?.isFile()) throw dataError(`${path} names ${name}, which is ${stats ? 'no plain file' : 'not'} beside it; put it there`);
    return { path: shard, bytes: readWhole(shard), tensors };
  });
}

/** The tensors of all shards, in each of which must be what the index says. @throws CliError or CheckpointError (exit code 3) */
export function joinShards({ path, files }: Weights): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  for (const file of files) {
    const found = readSafetensors(file.bytes, { source: file.path }).tensors;
    const missing = [...(file.tensors ?? [])].find((name) => !found.has(name));
    if (missing !== undefined) throw dataError(`${file.path}: tensor '${missing}' is missing, which ${path} says is there`);
    for (const [name, array] of found) {
      if (!file.tensors?.has(name)) throw dataError(`${file.path}: tensor '${name}' is not among those that ${path} says are there`);
      arrays.set(name, array);
    }
  }
  return arrays;
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
