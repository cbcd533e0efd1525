import { DistributedError } from './distributed-error.js';
import { type Environment, launchOf } from './launch.js';

/** Which shards a process does: one by its number from 0, all of them, or what the scheduler's variables say. */
export type ShardChoice = number | 'all' | 'auto';

/**
 * Return the numbers of the shards that this process does, of so many. With `auto` a task of a Slurm array does shard (ID − MIN) / STEP, a pod of an Indexed Job that of its
 * completion index, and rank r of n ranks r, r + n, r + 2n, …
 * @throws DistributedError (shard) for a shard that is not there, or where no variable names one.
 */
export function shardsOf(shards: number, choice: ShardChoice, env: Environment): number[] {
  if (choice === 'all') return Array.from({ length: shards }, (_, i) => i);
  if (choice !== 'auto') return [requireShard(choice, shards, `--shard ${choice}`)];
  const number = (name: string): number | undefined => (/^\d+$/.test(env[name] ?? '') ? Number(env[name]) : undefined);
  const task = number('SLURM_ARRAY_TASK_ID');
  if (task !== undefined) {
    const [first, step] = [number('SLURM_ARRAY_TASK_MIN') ?? 0, number('SLURM_ARRAY_TASK_STEP') ?? 1];
    return [requireShard((task - first) / step, shards, `task ${task} of the array`)];
  }
  const pod = number('JOB_COMPLETION_INDEX');
  if (pod !== undefined) return [requireShard(pod, shards, `pod ${pod} of the job`)];
  const launch = launchOf(env);
  if (launch?.size !== undefined) {
    const { rank, size } = launch;
    return Array.from({ length: Math.max(0, Math.ceil((shards - rank) / size)) }, (_, i) => rank + i * size);
  }
  throw new DistributedError(
    'shard',
    '--shard auto found none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX and the variables of mpirun, mpiexec and srun; give a number, such as --shard 0, or all',
  );
}

function requireShard(shard: number, shards: number, who: string): number {
  if (Number.isInteger(shard) && shard >= 0 && shard < shards) return shard;
  throw new DistributedError(
    'shard',
    `${who} would be shard ${shard}, but there are ${shards}, counted from 0; give --shards the number of tasks, from the first submission on`,
  );
}
