import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointsPath, committedSteps, latestCheckpoint } from './checkpoints.js';
import { scratchFolder } from './testing/tract.js';

const scratch = scratchFolder();
const run = join(scratch.path, 'run');
const writer = join(scratch.path, 'checkpoint-writer.cjs');
beforeAll(() =>
  build({
    entry: [fileURLToPath(new URL('testing/checkpoint-writer.ts', import.meta.url))],
    outDir: scratch.path,
    format: 'cjs',
    noExternal: [/./],
    config: false,
    silent: true,
  }),
);
afterAll(scratch.remove);

/** Has one more checkpoint written by a process that kills itself at a call of the disk; whether it did. */
function writeOne(at: number): boolean {
  const { signal, status, stderr } = spawnSync(process.execPath, [writer, run, String(at)], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect([signal, status]).toEqual(signal ? ['SIGKILL', null] : [null, 0]);
  return signal !== null;
}

const unfinished = (): string[] => readdirSync(checkpointsPath(run)).filter((name) => name.endsWith('.tmp'));

test('kill -9 at each call of the disk in turn: no checkpoint is damaged or lost, and what is left over goes', () => {
  for (const _ of [1, 2]) writeOne(0);
  const left = [];
  for (let at = 1, last = 2; ; at++) {
    const isKilled = writeOne(at);
    left.push(...unfinished());
    const checkpoint = latestCheckpoint(run, (sentence) => expect.unreachable(sentence));
    const step = checkpoint?.state.step;
    // From the rename on it is the new one.
    expect(isKilled ? [last, last + 1] : [last + 1]).toContain(step);
    expect(checkpoint?.tensors.get('weights')?.data.every((value) => value === step)).toBe(true);
    expect(committedSteps(run).length).toBeGreaterThanOrEqual(2);
    last = step!;
    if (!isKilled) break;
  }
  expect(left.length).toBeGreaterThan(10);
  expect(unfinished()).toEqual([]);
});
