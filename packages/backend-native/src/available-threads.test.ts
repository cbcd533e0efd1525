import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { availableThreads } from './available-threads.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-groups-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** Lay out a system's files, and ask how many threads there are. */
function threadsWith(files: Readonly<Record<string, string>>): number {
  const root = join(scratch, String(count++));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return availableThreads(root);
}

const all = availableParallelism();
const atMost = (threads: number) => Math.min(all, threads);
const inV1 = '4:memory:/job\n3:cpu,cpuacct:/job/step\n1:name=systemd:/\n0::/\n';
const v1 = (group: string, quota: number) => ({
  [`sys/fs/cgroup/cpu,cpuacct${group}/cpu.cfs_quota_us`]: `${quota}\n`,
  [`sys/fs/cgroup/cpu,cpuacct${group}/cpu.cfs_period_us`]: '100000\n',
});

test.each([
  ['nothing is known', {}, all],
  ['version 2 sets no limit', { 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/a/cpu.max': 'max 100000\n' }, all],
  ['version 2 leaves one processor', { 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/a/cpu.max': '100000 100000\n' }, 1],
  [
    'a group around it has the limit',
    { 'proc/self/cgroup': '0::/a/b\n', 'sys/fs/cgroup/a/cpu.max': '140000 100000\n', 'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n' },
    1,
  ],
  ['a container sees only its mount', { 'proc/self/cgroup': '0::/docker/1234\n', 'sys/fs/cgroup/cpu.max': '20000 100000\n' }, 1],
  ['version 1 sets no limit', { 'proc/self/cgroup': inV1, ...v1('/job/step', -1) }, all],
  ['version 1 leaves two processors', { 'proc/self/cgroup': inV1, ...v1('/job/step', 200000), ...v1('/job', 300000) }, atMost(2)],
  ['version 1 leaves half of one around it', { 'proc/self/cgroup': inV1, ...v1('/job/step', -1), ...v1('/job', 50000) }, 1],
])('threads where %s', (_, files, expected) => {
  expect(threadsWith(files as Record<string, string>)).toBe(expected);
});
