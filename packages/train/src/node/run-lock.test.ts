import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { lockName } from '../run-files.js';
import { scratchFolder } from '../testing/scratch-folder.js';
import { lockRun, unlockRun } from './run-lock.js';

const scratches: ReturnType<typeof scratchFolder>[] = [];
let run: string;
beforeEach(() => {
  scratches.push(scratchFolder());
  run = scratches[scratches.length - 1].path;
});
afterAll(() => {
  for (const { remove } of scratches) remove();
});

const write = (content: string): void => writeFileSync(join(run, lockName), content);
const holder = () => JSON.parse(readFileSync(join(run, lockName), 'utf8'));

test('the lock says which process of which machine has the run; taking it twice is taking it once', () => {
  lockRun(run);
  lockRun(run);
  expect(holder()).toMatchObject({ pid: process.pid, host: hostname() });
});

test('it is gone when the run is unlocked, and can be taken again', () => {
  lockRun(run);
  unlockRun(run);
  expect(existsSync(join(run, lockName))).toBe(false);
  lockRun(run);
  expect(holder().pid).toBe(process.pid);
});

test('who has not locked a run cannot unlock it', () => {
  write(JSON.stringify({ pid: process.ppid, host: hostname() }));
  unlockRun(run);
  expect(holder().pid).toBe(process.ppid);
});

test('a process that is alive keeps it', () => {
  write(JSON.stringify({ pid: process.ppid, host: hostname() }));
  expect(() => lockRun(run)).toThrow(`${run} is in use by process ${process.ppid} on ${hostname()}; let it end, or remove`);
});

test('a process of another machine keeps it, and so does one that has not written its name yet', () => {
  write(JSON.stringify({ pid: 1, host: `not-${hostname()}` }));
  expect(() => lockRun(run)).toThrow(`in use by process 1 on not-${hostname()}`);
  write('');
  expect(() => lockRun(run)).toThrow('in use by another process');
});

test('that of a process which has ended is taken over', () => {
  write(JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname() }));
  lockRun(run);
  expect(holder().pid).toBe(process.pid);
});

test.skipIf(process.platform !== 'linux')('so is that of one which has ended and whose parent has not heard of it', async () => {
  // The shell becomes a program that waits for no children.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const [pid] = (await once(parent.stdout, 'data')).map((text) => Number(text));
    const isThere = (): boolean => process.kill(pid, 0);
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isThere()).toBe(true);
    write(JSON.stringify({ pid, host: hostname() }));
    lockRun(run);
    expect(holder().pid).toBe(process.pid);
  } finally {
    parent.kill();
  }
});

test.runIf(process.platform === 'linux')('so is that of an earlier start of the machine, whoever has its number now', () => {
  write(JSON.stringify({ pid: process.ppid, host: hostname(), boot: '00000000-0000-0000-0000-000000000000' }));
  lockRun(run);
  expect(holder().pid).toBe(process.pid);
});
