import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomInts } from '@tract/tensor';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkpointsPath, latestCheckpoint } from './checkpoints.js';
import { runConfig } from './run-config.js';
import { openRun } from './run-folder.js';
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

/** Starts the writer, kills it so many milliseconds after its first commit; resolves to the last step that it told, and its stderr. */
async function writeAndKill(delay: number): Promise<{ readonly told: number; readonly stderr: string }> {
  const child = spawn(process.execPath, [writer, run], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const first = new Promise<void>((resolve) =>
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      resolve();
    }),
  );
  await Promise.race([first, ended]);
  await sleep(delay);
  child.kill('SIGKILL');
  await ended;
  return { told: Number(stdout.trimEnd().split('\n').at(-1)), stderr };
}

test('kill -9 while a checkpoint is written: none is damaged, none that was told is lost, and what is left over goes', async () => {
  const delays = randomInts({ seed: 6 }, 40, 60);
  let torn = 0;
  for (const delay of delays) {
    const { told, stderr } = await writeAndKill(delay);
    expect(stderr).toBe('');
    torn += readdirSync(checkpointsPath(run)).filter((name) => name.endsWith('.tmp')).length;
    const checkpoint = latestCheckpoint(run, (sentence) => expect.unreachable(sentence));
    // It may be killed between the rename and the telling.
    expect([told, told + 1]).toContain(checkpoint?.state.step);
    expect(checkpoint?.tensors.get('weights')?.data.every((value) => value === checkpoint.state.step)).toBe(true);
  }
  // Otherwise this test would show nothing.
  expect(torn).toBeGreaterThan(delays.length / 4);
  openRun(run, runConfig('train', { images: 1e9, batch: 1 }), { resume: true }, (sentence) => expect.unreachable(sentence));
  expect(readdirSync(checkpointsPath(run)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(existsSync(join(run, 'config.json.tmp'))).toBe(false);
});
