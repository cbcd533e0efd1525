import '@tensorflow/tfjs-backend-cpu';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBatches } from '@tract/data';
import { memory, scalar, useBackend } from '@tract/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { requireFinite } from './not-finite.js';
import { runWork, type Work } from './trainer.js';

const io: Io = { out: () => {}, err: () => {}, live: false, columns: () => 80 };
const run = mkdtempSync(join(tmpdir(), 'tract-trainer-'));
beforeAll(async () => {
  await useBackend('cpu');
  writeFileSync(join(run, 'config.json'), '{}');
});
afterAll(() => rmSync(run, { recursive: true, force: true }));

const set = { images: new Uint8Array(1), labels: new Uint8Array(0), count: 1, height: 1, width: 1, channels: 1 };
const batches = () => openBatches(set, { seed: 0, batchSize: 1 });

/** Work whose update `at` (from 1) comes to these values, all others to 1; it notes what is asked of it. */
function workWith(at: number, loss: number, gradNorm: number) {
  const done = { updates: 0, commits: [] as number[] };
  const work: Work = {
    run,
    batch: 1,
    totalSteps: 60,
    commitEvery: 7,
    step: (step) => {
      done.updates = step + 1;
      const [l, g] = done.updates === at ? [loss, gradNorm] : [1, 1];
      return { loss: scalar(l), gradNorm: scalar(g) };
    },
    facts: () => ({ learningRate: 1, emaMomentum: 0.9 }),
    counters: () => ({}),
    commit: async ({ step }) => void done.commits.push(step),
  };
  return { done, work };
}

test.each([
  ['a loss', 8, Number.NaN, 1],
  ['a loss, just before a commit', 14, Number.POSITIVE_INFINITY, 1],
  ['a gradient', 13, 1, Number.NaN],
])('%s that is not finite ends the run in the same update, and nothing of it is committed', async (_, at, loss, gradNorm) => {
  const { done, work } = workWith(at, loss, gradNorm);
  const before = memory().tensors;
  const end = runWork(io, { work, batches: batches() }, { silent: true, samples: 0 });
  await expect(end).rejects.toMatchObject({
    exitCode: exitCodes.diverged,
    message: expect.stringContaining(`the loss became ${loss} (gradient norm ${gradNorm}) at update ${at}; nothing was written since`),
  });
  expect(done).toEqual({ updates: at, commits: [7] });
  expect(memory().tensors).toBe(before);
});

test('numbers that are finite are committed at every interval and at the end, and leave no tensor behind', async () => {
  const { done, work } = workWith(0, 0, 0);
  const before = memory().tensors;
  await runWork(io, { work, batches: batches() }, { silent: true, samples: 0 });
  expect(done).toEqual({ updates: 60, commits: [7, 14, 21, 28, 35, 42, 49, 56, 60] });
  expect(memory().tensors).toBe(before);
});

test('weights or moments that are not finite are not committed, though the loss before them was', () => {
  const arrays = (value: number) => new Map([['moments.v.bias', { dtype: 'F32' as const, shape: [2], data: Float32Array.of(1, value) }]]);
  expect(() => requireFinite(arrays(0), 9)).not.toThrow();
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    expect(() => requireFinite(arrays(value), 9)).toThrow(
      expect.objectContaining({
        exitCode: exitCodes.diverged,
        message: expect.stringContaining(`moments.v.bias became ${value} at update 9;`),
      }),
    );
  }
});
