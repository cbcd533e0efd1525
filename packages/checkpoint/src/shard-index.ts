import { failWith, quote } from './checkpoint-error.js';
import { parseStrictJson } from './strict-json.js';

/** Names of the tensors in each file of a sharded checkpoint, by file name in the order of names. */
export type ShardIndex = ReadonlyMap<string, ReadonlySet<string>>;

const maxTensors = 100_000;

/**
 * Read `*.safetensors.index.json` or `*.bin.index.json`. Shards are plain names of files of weights, to be looked for in the folder of the index and nowhere else.
 * @throws CheckpointError when the JSON is not an index, or a shard's name could lead out of the folder.
 */
export function readShardIndex(bytes: Uint8Array, { source = 'shard index' }: { readonly source?: string } = {}): ShardIndex {
  const fail = failWith(source);
  const json = parseStrictJson(bytes, { depth: 4, integersOnly: false }, fail);
  const map = isRecord(json) ? json.weight_map : undefined;
  if (!isRecord(map)) throw fail('invalid-header', "expected an object with 'weight_map', which says in which file each tensor is");
  const entries = Object.entries(map);
  if (entries.length === 0) throw fail('invalid-header', 'names no tensor');
  if (entries.length > maxTensors) throw fail('too-large', `names ${entries.length} tensors; at most ${maxTensors} are read`);
  const shards = new Map<string, Set<string>>();
  for (const [tensor, file] of entries) {
    if (typeof file !== 'string' || !isPlainName(file))
      throw fail(
        'invalid-name',
        `tensor ${quote(tensor)} must be in a file beside the index (.safetensors, .bin, .pt, .pth, .ckpt), got ${quote(String(file))}`,
      );
    shards.set(file, (shards.get(file) ?? new Set()).add(tensor));
  }
  return new Map([...shards].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** No way to another folder, drive or stream on any system. */
const isPlainName = (name: string): boolean => /^[\w-][\w.-]*\.(safetensors|bin|pt|pth|ckpt)$/.test(name) && name.length <= 255;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
