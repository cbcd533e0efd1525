import { broadcastJson, DistributedError, together } from '@tract/distributed';
import { leaves, read, type Tensor, type Tree } from '@tract/tensor';
import { changedSettings, type RunConfig } from './run-config.js';
import type { GradientSums } from './shared-gradients.js';

/** The ranks of a run: processes that each compute a part of every batch. Rank 0 alone writes. */
export type Ranks = GradientSums & {
  /** Updates between two comparisons of all ranks' weights. Default: 100. */
  readonly compareEvery?: number;
  /** Exit code of an error, for other ranks and for RUN/outcome.json. Default: 1. */
  readonly exitCodeOf?: (error: unknown) => number;
};

/** Check that all ranks were started with the settings and the images of rank 0. @throws DistributedError (settings) on all of them. */
export async function requireSameEverywhere(
  ranks: Ranks,
  what: { readonly config: RunConfig } & Readonly<Record<string, unknown>>,
): Promise<void> {
  const { collective } = ranks;
  const { config, ...rest } = await broadcastJson(collective, what);
  const { config: own, ...others } = JSON.parse(JSON.stringify(what)) as typeof what;
  await allTogether(ranks, () => {
    const changes = differencesOf(config, own);
    for (const name of Object.keys({ ...rest, ...others }))
      if (JSON.stringify(rest[name]) !== JSON.stringify(others[name]))
        changes.push(`${name} ${JSON.stringify(rest[name])} -> ${JSON.stringify(others[name])}`);
    if (changes.length > 0)
      throw new DistributedError(
        'settings',
        `rank ${collective.rank} differs from rank 0: ${changes.join(', ')}; start all ranks with the same command line and the same data`,
      );
  });
}

function differencesOf(first: RunConfig, own: RunConfig): string[] {
  if (first.command !== own.command) return [`command ${first.command} -> ${own.command}`];
  return changedSettings('', first, own, { override: true });
}

/** Do on all ranks what each does by itself; see `together`. Without ranks, just do it. */
export const allTogether = async <T>(ranks: Ranks | undefined, work: () => T | Promise<T>): Promise<T> =>
  ranks ? together(ranks.collective, work, ranks) : work();

/** Bits that ranks agree on after each update. */
const bits = { stop: 1, save: 2, failed: 4 } as const;

export type Asked = { readonly stop: boolean; readonly save: boolean };

/** Find out if any rank is asked to stop or to save, or has failed. @throws the error, an agreed PeerError where another rank has it. */
export async function askAll(ranks: Ranks | undefined, { stop, save }: Asked, failure: unknown): Promise<Asked> {
  if (ranks === undefined) {
    if (failure !== undefined) throw failure;
    return { stop, save };
  }
  const flags = await ranks.collective.agree((stop ? bits.stop : 0) | (save ? bits.save : 0) | (failure !== undefined ? bits.failed : 0));
  if ((flags & bits.failed) === 0) return { stop: (flags & bits.stop) !== 0, save: (flags & bits.save) !== 0 };
  await allTogether(ranks, () => {
    if (failure !== undefined) throw failure;
  });
  throw failure;
}

/** Compare the weights of all ranks with those of rank 0. @throws DistributedError (differs) on all. */
export async function requireSameWeights({ collective, ...ranks }: Ranks, tree: Tree<Tensor>, step: number): Promise<void> {
  const all = leaves<Tensor>(tree);
  const own = new Uint32Array(all.length);
  for (const [i, [, leaf]] of all.entries()) own[i] = hashOf(await read(leaf));
  const first = own.slice();
  await collective.broadcast(first);
  await allTogether({ collective, ...ranks }, () => {
    const at = own.findIndex((hash, i) => hash !== first[i]);
    if (at < 0) return;
    const what = `${all[at][0]} of rank ${collective.rank} is no longer that of rank 0 after update ${step}`;
    throw new DistributedError('differs', `${what}; resume from the last checkpoint, and look for a faulty host or other versions there`);
  });
}

/** Hash of the bits of an array (FNV-1a over words). */
function hashOf(data: Float32Array): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193) ^ (hash >>> 15);
  return hash >>> 0;
}
