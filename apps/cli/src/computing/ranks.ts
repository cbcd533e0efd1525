import { type Collective, launchOf, part, type SumMode, single } from '@tract/distributed';
import type { Ranks } from '@tract/train';
import { usageError } from '../errors.js';
import type { Io } from '../io.js';
import { exitCodeOf } from '../library-errors.js';

/** Options of summing gradients over ranks. */
export type RankOptions = {
  readonly reduce?: SumMode;
  readonly sumShards?: number;
  readonly bucket?: number;
  readonly maxRestarts?: number;
};

let joined: Collective | undefined;

/** Join the other processes of a launcher, before anything else is done. Returns where this one speaks: all but rank 0 tell of errors only. */
export async function joinRanks(io: Io): Promise<Io> {
  if (launchOf(process.env) === undefined) return io;
  const { cardOf, openCollective } = await import('@tract/distributed/node');
  const collective = await openCollective();
  if (collective.size === 1) return io;
  joined = collective;
  const { rank, localRank } = collective;
  // CUDA reads it when TensorFlow is loaded.
  const card = cardOf(localRank);
  if (card !== undefined) process.env.CUDA_VISIBLE_DEVICES = card;
  if (rank === 0) return io;
  const err = (text: string): void => void (text.startsWith('error:') && io.err(`[rank ${rank}] ${text}`));
  return { out: () => {}, err, live: false, columns: io.columns };
}

/** Tell how this process ends, and part from the others, if any. Returns the exit code. */
export async function partRanks(code: number, say: () => void, error?: unknown): Promise<number> {
  if (joined) return part(joined, code, say, error);
  say();
  return code;
}

/** Return the ranks that train together; undefined for one process that sums as usual. @throws CliError (usage) */
export function ranksOf({ reduce, sumShards: shards, bucket: bucketBytes, maxRestarts = 0 }: RankOptions): Ranks | undefined {
  if (shards !== undefined && reduce !== 'ordered')
    throw usageError('--sum-shards is for ordered sums: add --reduce ordered, or leave it out');
  if (joined === undefined && reduce !== 'ordered') return undefined;
  if (joined && maxRestarts > 0)
    throw usageError('--max-restarts starts one process and cannot start ranks: leave it out, and have the scheduler requeue the job');
  return { collective: joined ?? single(), reduce, shards, bucketBytes, exitCodeOf };
}

/** Threads that a rank computes with unless told; undefined for one process. */
export const rankThreads = (): number | undefined => joined?.cores;

/** Say who trains together. */
export const ranksLine = ({ collective: { size, library, cores }, reduce = 'fast' }: Ranks): string =>
  `ranks         ${size} over ${library}, ${cores} ${cores === 1 ? 'thread' : 'threads'} each by default, ${reduce} sums`;
