import type { ShardChoice } from '@tract/distributed';
import { type Command, InvalidArgumentError } from 'commander';
import { usageError } from '../errors.js';
import { quantity } from './quantity.js';

/** Options of work that is divided into shards. */
export type ShardingOptions = { readonly shards?: number; readonly shard?: ShardChoice };

function shardChoice(text: string): ShardChoice {
  if (text === 'auto' || text === 'all') return text;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected auto, all or a number from 0.');
}

/** Add the options of `ShardingOptions`. */
export const withSharding = (command: Command): Command =>
  command
    .option('--shards <n>', 'divide the images into n shards, each a folder in --out\n(default: not)', quantity)
    .option(
      '--shard <which>',
      "the one to do: a number from 0, auto (by a scheduler's\nvariables) or all; those that are done are passed over\n(default: all)",
      shardChoice,
    );

/** Options of a command that works in shards. */
export type InShards = ShardingOptions & { readonly out: string; readonly json?: boolean };

/** True for work in shards. @throws CliError (usage) for options that do not go together. */
export function isSharded<T extends ShardingOptions & { readonly out?: string }>(options: T): options is T & InShards {
  const { shards, shard, out } = options;
  if (shards === undefined && shard !== undefined)
    throw usageError('--shard says which of --shards to do; add --shards, such as --shards 100');
  if (shards !== undefined && out === undefined) throw usageError('--shards writes a folder of shards: add --out FOLDER');
  return shards !== undefined;
}
