import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DistributedError } from '../distributed-error.js';
import { type ShardChoice, shardsOf } from '../shard-choice.js';
import { type Share, shareOf } from '../shares.js';

/** What all shards of a work have in common, as plain JSON: what is done, with which model, how, and from which seed. */
export type ShardWork = Readonly<Record<string, unknown>>;

/** A shard's manifest.json. */
type Manifest = Share & {
  readonly format: 'tract-shard';
  readonly version: 1;
  readonly shard: number;
  readonly shards: number;
  readonly work: ShardWork;
  readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
};

export type ShardOptions = {
  /** Folder of the work; each shard is a folder in it. */
  readonly folder: string;
  readonly shards: number;
  /** Default: all. */
  readonly shard?: ShardChoice;
  /** Things that the shards divide. */
  readonly total: number;
  readonly work: ShardWork;
  /** Write a folder of files that is not there, whole or not at all. */
  readonly writeFolder: (path: string, files: ReadonlyMap<string, Uint8Array>) => void;
};

const manifestName = 'manifest.json';
const fail = (message: string): DistributedError => new DistributedError('shard', message);

const digits = (n: number): string => String(n).padStart(5, '0');
const nameOf = (shard: number, shards: number): string => `shard-${digits(shard)}-of-${digits(shards)}`;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Compare plain JSON whatever the order of its keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner,
  );

/** Read a shard that is whole; undefined where there is none, or its files are not what its manifest says. */
function readShard(path: string): Manifest | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(path, manifestName), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
  if (manifest.format !== 'tract-shard' || manifest.version !== 1) return undefined;
  const isWhole = Object.entries(manifest.files).every(([name, { sha256: digest }]) => {
    const file = join(path, name);
    return existsSync(file) && sha256(readFileSync(file)) === digest;
  });
  return isWhole ? manifest : undefined;
}

function requireWork(path: string, found: ShardWork, wanted: ShardWork): void {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  const other = names.filter((name) => canonical(found[name]) !== canonical(wanted[name]));
  if (other.length === 0) return;
  const [name] = other;
  const of = (value: unknown): string => JSON.stringify(value) ?? 'none';
  throw fail(`${path} is of another work: ${name} is ${of(found[name])}, not ${of(wanted[name])}; choose another --out`);
}

/**
 * Do the shards of this process, each of which `make` makes as files; those that are there are passed over, whoever did them. A shard is written beside its place and renamed, so that it is
 * whole or not there, also where two processes do the same one.
 * @throws DistributedError (shard) for a choice that is none, and for a folder with shards of another work.
 */
export async function doShards(
  { folder, shards, shard: choice = 'all', total, work, writeFolder }: ShardOptions,
  make: (share: Share, shard: number) => Promise<ReadonlyMap<string, Uint8Array>>,
): Promise<{ readonly made: readonly number[]; readonly found: readonly number[] }> {
  if (shards > total) throw fail(`${shards} shards are more than the ${total} images; give fewer --shards`);
  const [made, found]: [number[], number[]] = [[], []];
  for (const shard of shardsOf(shards, choice, process.env)) {
    const path = join(folder, nameOf(shard, shards));
    const before = readShard(path);
    if (before) {
      requireWork(path, before.work, work);
      found.push(shard);
      continue;
    }
    const share = shareOf(total, shard, shards);
    const files = await make(share, shard);
    const digests = Object.fromEntries(Array.from(files, ([name, bytes]) => [name, { size: bytes.length, sha256: sha256(bytes) }]));
    const manifest: Manifest = { format: 'tract-shard', version: 1, shard, shards, ...share, work, files: digests };
    const text = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
    const own = `${path}.${hostname()}-${process.pid}`;
    writeFolder(own, new Map([...files, [manifestName, text]]));
    settle(own, path);
    made.push(shard);
  }
  return { made, found };
}

/** Give a folder its name; where another process has been faster, its work is as good, and where what is there is damaged it goes. */
function settle(own: string, path: string): void {
  if (existsSync(path) && !readShard(path)) rmSync(path, { recursive: true, force: true });
  try {
    renameSync(own, path);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!readShard(path)) throw error;
  }
}

/** The shards of a work that is done. */
export type DoneShards = { readonly work: ShardWork; readonly total: number; readonly paths: readonly string[] };

/**
 * Find all shards of a work, in order, and check that they belong together and are whole.
 * @throws DistributedError (shard) that names those that are missing, damaged or of another work.
 */
export function readShards(folder: string): DoneShards {
  if (!existsSync(folder)) throw fail(`there is no folder ${folder}; expected the --out of a work in shards`);
  const counts = new Set(
    readdirSync(folder)
      .flatMap((name) => /^shard-\d{5,}-of-(\d{5,})$/.exec(name)?.[1] ?? [])
      .map(Number),
  );
  const [shards] = counts;
  if (shards === undefined) throw fail(`${folder} holds no shards; expected the --out of a work in shards`);
  if (counts.size > 1)
    throw fail(`${folder} holds shards of ${[...counts].join(' and of ')}; remove those of one, or choose another --out`);
  const paths = Array.from({ length: shards }, (_, shard) => join(folder, nameOf(shard, shards)));
  const manifests = paths.map(readShard);
  const missing = manifests.flatMap((manifest, shard) => (manifest ? [] : [shard]));
  if (missing.length > 0) {
    const list = `${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ' and more' : ''}`;
    throw fail(
      `${folder} lacks ${missing.length} of ${shards} shards, or they are damaged: ${list}; give the command again, which does what is missing`,
    );
  }
  const whole = manifests as Manifest[];
  for (const [i, { work }] of whole.entries()) requireWork(paths[i], work, whole[0].work);
  return { work: whole[0].work, total: whole.reduce((sum, { count }) => sum + count, 0), paths };
}
