import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkpointPath, checkpointsPath, commitCheckpoint, committedSteps, latestCheckpoint } from './checkpoints.js';
import { CliError, exitCodes } from './errors.js';
import { runConfig } from './run-config.js';
import { type Fault, faultyDisk } from './testing/faulty-disk.js';
import { scratchFolder } from './testing/tract.js';
import { WriteError } from './write-error.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

let runs = 0;
function newRun(...steps: readonly number[]): string {
  const run = join(scratch.path, `run-${runs++}`);
  mkdirSync(checkpointsPath(run), { recursive: true });
  for (const step of steps) commitCheckpoint(run, content(step), 9);
  return run;
}

/** A checkpoint whose bytes all follow from its step. */
const content = (step: number) => ({
  config: runConfig('train', { images: 100, batch: 1 }),
  state: { step, totalSteps: 100, images: step, seconds: 0, counters: { updates: step }, window: { loss: 0, gradNorm: 0, count: 0 } },
  tensors: new Map([['weights', { dtype: 'F32' as const, shape: [40], data: new Float32Array(40).fill(step) }]]),
});

/** What there is to go on from, and what was said on the way. */
function reopen(run: string) {
  const warnings: string[] = [];
  const checkpoint = latestCheckpoint(run, (sentence) => void warnings.push(sentence));
  if (checkpoint) expect(checkpoint).toEqual({ path: checkpointPath(run, checkpoint.state.step), ...content(checkpoint.state.step) });
  return { step: checkpoint?.state.step, warnings };
}

test('the last ones are kept, and the last of them is found by number', () => {
  const run = newRun(8, 9, 10);
  expect(committedSteps(run)).toEqual([10, 9, 8]);
  commitCheckpoint(run, content(11), 2);
  expect(committedSteps(run)).toEqual([11, 10]);
  expect(reopen(run)).toEqual({ step: 11, warnings: [] });
  expect(reopen(newRun())).toEqual({ step: undefined, warnings: [] });
});

describe.each<Fault>(['ENOSPC', 'EIO', 'full', 'short'])('with the fault %s at each call of the disk in turn', (fault) => {
  test('a commit is whole, or a WriteError and nothing: the last checkpoint is there either way', () => {
    let failures = 0;
    for (let at = 1; ; at++) {
      const run = newRun(1);
      const { disk, calls } = faultyDisk(at, fault);
      let committed = true;
      try {
        commitCheckpoint(run, content(2), 1, disk);
      } catch (error) {
        committed = false;
        failures++;
        expect(error).toBeInstanceOf(WriteError);
        const { message, path, neededBytes, freeBytes, exitCode } = error as WriteError;
        expect({ exitCode, isHere: path.startsWith(checkpointsPath(run)) }).toEqual({ exitCode: exitCodes.failed, isHere: true });
        if (fault !== 'EIO' && path === checkpointPath(run, 2)) {
          expect(message).toContain(`the disk is full (ENOSPC): ${neededBytes} bytes needed, ${freeBytes} free`);
          expect(neededBytes).toBeGreaterThan(500);
          expect(freeBytes).toBeGreaterThan(0);
        }
      }
      // Where the fault met the way to the disk after the rename, or the removal of the first one, the second is there.
      const { step, warnings } = reopen(run);
      expect(warnings).toEqual([]);
      if (committed) expect(step).toBe(2);
      expect(readdirSync(checkpointsPath(run)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      if (calls() < at) break;
    }
    if (fault === 'short') expect(failures).toBe(0);
    else expect(failures).toBeGreaterThan(fault === 'full' ? 5 : 20);
  });
});

describe('damage at rest', () => {
  const run = newRun(1, 2);
  const names = readdirSync(checkpointPath(run, 2));
  const sizes = names.map((name) => readFileSync(join(checkpointPath(run, 2), name)).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);

  /** File and place of the byte at this share of all bytes. */
  function place(share: number): { readonly path: string; readonly at: number } {
    let at = Math.floor(share * total);
    let file = 0;
    while (at >= sizes[file]) at -= sizes[file++];
    return { path: join(checkpointPath(run, 2), names[file]), at };
  }

  function expectFound(path: string): void {
    const { step, warnings } = reopen(run);
    expect(step, path).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${checkpointPath(run, 2)} is damaged: `);
    expect(warnings[0]).toMatch(/; it is passed over$/);
  }

  test.each(['flipped', 'cut off'])('a byte %s anywhere is found, and the checkpoint before is used', (kind) => {
    for (let i = 0; i < 200; i++) {
      const { path, at } = place(i / 200);
      const whole = readFileSync(path);
      if (kind === 'flipped') writeFileSync(path, Buffer.from(whole).fill(whole[at] ^ (1 << (i % 8)), at, at + 1));
      else truncateSync(path, at);
      expectFound(path);
      writeFileSync(path, whole);
    }
    expect(reopen(run)).toEqual({ step: 2, warnings: [] });
  });

  test('a missing file is found too; when none is whole that is an error', () => {
    const lost = newRun();
    cpSync(run, lost, { recursive: true });
    for (const step of [1, 2]) writeFileSync(join(checkpointPath(lost, step), 'state.json'), '');
    const said: string[] = [];
    const attempt = () => latestCheckpoint(lost, (sentence) => void said.push(sentence));
    expect(attempt).toThrow(CliError);
    expect(attempt).toThrow(`${checkpointsPath(lost)} holds no checkpoint that is whole; restore one from a copy`);
    expect(said.slice(0, 2)).toEqual(
      [2, 1].map((step) => `${checkpointPath(lost, step)} is damaged: state.json is not what was written; it is passed over`),
    );
  });
});
