import { DistributedError } from '@tract/distributed';
import type { Checkpoint, SumRecord } from './checkpoint.js';
import type { Ranks } from './ranks.js';
import { RunError } from './run-error.js';
import type { OpenOptions } from './run-store.js';
import { shardsOf } from './shared-gradients.js';

/** Return what a checkpoint says of the sums. */
export function sumRecord(batch: number, ranks: Ranks | undefined): SumRecord | undefined {
  if (ranks === undefined) return undefined;
  const { reduce = 'fast', collective } = ranks;
  if (reduce === 'ordered') return { reduce, shards: shardsOf(batch, ranks) };
  return collective.size === 1 ? undefined : { reduce, ranks: collective.size };
}

const inWords = (sums: SumRecord | undefined): string => {
  if (sums === undefined) return 'by one process';
  return sums.reduce === 'ordered' ? `in the order of ${sums.shards} shards` : `${sums.reduce} by ${sums.ranks} ranks`;
};

/** Check that a run goes on with sums that round as they did. @throws RunError (settings), unless others are allowed by `override`. */
export function requireSameSums(
  from: Checkpoint | undefined,
  now: SumRecord | undefined,
  { override = false, onWarning }: Pick<OpenOptions, 'override' | 'onWarning'>,
): void {
  if (!from || inWords(from.state.sums) === inWords(now)) return;
  const change = `the gradients of ${from.path} were summed ${inWords(from.state.sums)}, now they would be ${inWords(now)}`;
  if (!override) {
    const remedy =
      'keep the number of ranks and --reduce (only ordered sums allow another number), allow it by `override`, or choose another place';
    throw new RunError('settings', change, remedy);
  }
  onWarning?.(change);
}

/** Check that there is a part of each batch for each rank. @throws DistributedError (settings) */
export function requireShares(batch: number, ranks: Ranks): void {
  const { size } = ranks.collective;
  const parts = ranks.reduce === 'ordered' ? shardsOf(batch, ranks) : batch;
  if (parts > batch)
    throw new DistributedError(
      'settings',
      `a batch of ${batch} images has no ${parts} shards; choose fewer --sum-shards or a larger --batch`,
    );
  if (size <= parts) return;
  const what = ranks.reduce === 'ordered' ? `${parts} shards of a batch` : `${parts} images of a batch`;
  throw new DistributedError(
    'settings',
    `${size} ranks are more than the ${what}; start fewer, or choose a larger --batch${ranks.reduce === 'ordered' ? ' or more --sum-shards' : ''}`,
  );
}
