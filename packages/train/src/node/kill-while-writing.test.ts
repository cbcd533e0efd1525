import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { soakCount } from '@tract/checkpoint/testing';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.js';
import { folderStore } from './folder-files.js';

const scratch = scratchFolder();
const writer = join(scratch.path, 'checkpoint-writer.cjs');
beforeAll(() =>
  build({
    entry: [fileURLToPath(new URL('../testing/checkpoint-writer.ts', import.meta.url))],
    outDir: scratch.path,
    format: 'cjs',
    noExternal: [/./],
    config: false,
    silent: true,
  }),
);
afterAll(scratch.remove);

/** Have one more checkpoint written by a process that kills itself at a call of the disk, a write after this part of it. @returns true if it did. */
async function writeOne(run: string, at: number, part: number): Promise<boolean> {
  const child = spawn(process.execPath, [writer, run, String(at), String(part)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.on('close', (...end) => resolve(end)));
  expect({ said, code }).toEqual({ said: '', code: signal ? null : 0 });
  return signal === 'SIGKILL';
}

const unfinished = (run: string): string[] => readdirSync(join(run, 'checkpoints')).filter((name) => name.endsWith('.tmp'));

/** Kill at each call in turn, and from the first one again, until there have been so many. @returns what was left over on the way. */
async function killed(run: string, kills: number, part: number): Promise<string[]> {
  for (const _ of [1, 2]) await writeOne(run, 0, part);
  const left: string[] = [];
  for (let [at, last, count] = [1, 2, 0]; ; at++) {
    const isKilled = await writeOne(run, at, part);
    left.push(...unfinished(run));
    const checkpoint = await folderStore(run).latest((sentence) => expect.unreachable(sentence));
    const step = checkpoint?.state.step;
    // From the rename on it is the new one.
    expect(isKilled ? [last, last + 1] : [last + 1]).toContain(step);
    expect(checkpoint?.tensors.get('weights')?.data.every((value) => value === step)).toBe(true);
    expect((await folderStore(run).committedSteps()).length).toBeGreaterThanOrEqual(2);
    last = step!;
    if (isKilled) count++;
    else if (count >= kills) return left;
    else at = 0;
  }
}

const kills = soakCount('SAVE_KILLS', 60);
/** Fraction of a write that is done when it is killed; each has a run of its own. */
const parts = [0, 0.3, 0.7, 1];

test(`kill -9, ${kills} times and more, at each call of the disk in turn: no checkpoint is damaged or lost, and what is left over goes`, async () => {
  const runs = parts.map((part) => ({ run: join(scratch.path, `run-${part}`), part }));
  const left = await Promise.all(runs.map(({ run, part }) => killed(run, kills / parts.length, part)));
  for (const [i, { run }] of runs.entries()) {
    expect(left[i].length).toBeGreaterThan(10);
    expect(unfinished(run)).toEqual([]);
  }
});
