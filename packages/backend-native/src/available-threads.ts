import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Return how many threads may compute at once: the processors that this process may run on, or the part of their time that its control groups (of a container or a
 * scheduler) leave it where that is less, rounded, at least 1. Node looks at version 2 of them from 22 on, and never at version 1.
 * @param root folder in which /proc and /sys are. Default: /.
 */
export function availableThreads(root = '/'): number {
  const quota = Math.min(...groupsOf(root).map((files) => quotaOf(files)));
  return Math.min(availableParallelism(), Math.max(1, Math.round(quota)));
}

/** List the files with quota and period (version 2: one file) of the groups of this process and those around them; inside a container the path is often that outside, and only the mount's own folder is there. */
function groupsOf(root: string): (readonly string[])[] {
  return (textOf(join(root, 'proc/self/cgroup')) ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') return withParents(path).map((group) => [join(root, 'sys/fs/cgroup', group, 'cpu.max')]);
    if (!controllers?.split(',').includes('cpu')) return [];
    const file = (group: string, name: string) => join(root, 'sys/fs/cgroup', controllers, group, `cpu.cfs_${name}_us`);
    return withParents(path).map((group) => [file(group, 'quota'), file(group, 'period')]);
  });
}

const withParents = (path: string): string[] => (path === dirname(path) ? [path] : [path, ...withParents(dirname(path))]);

/** Processors' worth of time that a group has; infinite where nothing limits it. */
function quotaOf(files: readonly string[]): number {
  const [quota, period] = files.flatMap((file) => (textOf(file) ?? '').trim().split(' ')).map(Number); // 'max' is NaN, and version 1 says -1
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
