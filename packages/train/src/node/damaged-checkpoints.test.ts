import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { RunDamaged } from '../run-error.js';
import { checkpointPath } from '../run-store.js';
import { contentAt } from '../testing/checkpoint-content.js';
import { type Fault, faultyDisk, notingDisk } from '../testing/faulty-disk.js';
import { scratchFolder } from '../testing/scratch-folder.js';
import { folderStore } from './folder-files.js';
import { WriteError } from './write-error.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

let runs = 0;
async function newRun(...steps: readonly number[]): Promise<string> {
  const run = join(scratch.path, `run-${runs++}`);
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  for (const step of steps) await folderStore(run).commit(contentAt(step), 9);
  return run;
}

const pathAt = (run: string, step: number): string => `${run}/${checkpointPath(step)}`;

/** Read the last whole checkpoint; return it with the warnings on the way. */
async function reopen(run: string) {
  const warnings: string[] = [];
  const checkpoint = await folderStore(run).latest((sentence) => void warnings.push(sentence));
  if (checkpoint) {
    const { step } = checkpoint.state;
    expect(checkpoint).toEqual({ path: pathAt(run, step), ...contentAt(step) });
  }
  return { step: checkpoint?.state.step, warnings };
}

test('the last checkpoints are kept, and the last of them is found by number', async () => {
  const run = await newRun(8, 9, 10);
  const store = folderStore(run);
  expect(await store.committedSteps()).toEqual([10, 9, 8]);
  await store.commit(contentAt(11), 2);
  expect(await store.committedSteps()).toEqual([11, 10]);
  expect(await reopen(run)).toEqual({ step: 11, warnings: [] });
  expect(await reopen(await newRun())).toEqual({ step: undefined, warnings: [] });
});

test('a folder is renamed after its files and itself are on the disk, and the folder around it is synced after that', async () => {
  const run = await newRun(1);
  const { disk, calls } = notingDisk();
  await folderStore(run, { disk }).commit(contentAt(2), 1);
  const [to, from] = [pathAt(run, 2), pathAt(run, 1)];
  const order = calls.filter((call) => /^(write|fsync|rename) /.test(call)).map((call) => call.replaceAll(`${run}/checkpoints`, 'C'));
  // The tensors' file comes in two pieces, its header and its one tensor.
  const files = ['state.safetensors', 'state.json', 'manifest.json'].flatMap((name) => [
    ...(name === 'state.safetensors' ? [`write ${to}.tmp/${name}`] : []),
    `write ${to}.tmp/${name}`,
    `fsync ${to}.tmp/${name}`,
  ]);
  expect(order).toEqual(
    [...files, `fsync ${to}.tmp`, `rename ${to}.tmp ${to}`, `fsync ${run}/checkpoints`, `rename ${from} ${from}.tmp`].map((call) =>
      call.replaceAll(`${run}/checkpoints`, 'C'),
    ),
  );
});

test('a file is renamed after its content is on the disk, and the folder around it is synced after that', async () => {
  const run = await newRun();
  const { disk, calls } = notingDisk();
  await folderStore(run, { disk }).files.write('config.json', '{}');
  const path = join(run, 'config.json');
  expect(calls.filter((call) => !/^(open|close) /.test(call))).toEqual([
    `write ${path}.tmp`,
    `fsync ${path}.tmp`,
    `rename ${path}.tmp ${path}`,
    `fsync ${run}`,
  ]);
});

test('a commit brings the log to the disk before the checkpoint that counts its lines', async () => {
  const run = await newRun();
  const { disk, calls } = notingDisk();
  const store = folderStore(run, { disk });
  await store.log({ step: 1, images: 1 });
  await store.commit(contentAt(1), 1);
  expect(calls.slice(0, 2)).toEqual([`open ${join(run, 'stats.jsonl')}`, `fsync ${join(run, 'stats.jsonl')}`]);
});

describe.each<Fault>(['ENOSPC', 'EIO', 'full', 'short'])('with the fault %s at each call of the disk in turn', (fault) => {
  test('a commit is whole, or a WriteError and nothing: the last checkpoint is there either way', async () => {
    let failures = 0;
    for (let at = 1; ; at++) {
      const run = await newRun(1);
      const { disk, calls } = faultyDisk(at, fault);
      let committed = true;
      try {
        await folderStore(run, { disk }).commit(contentAt(2), 1);
      } catch (error) {
        committed = false;
        failures++;
        expect(error).toBeInstanceOf(WriteError);
        const { message, path, neededBytes, freeBytes, kind, cause } = error as WriteError;
        expect({ kind, isHere: path.startsWith(join(run, 'checkpoints')) }).toEqual({ kind: 'write', isHere: true });
        expect(cause).toBeInstanceOf(Error);
        if (fault !== 'EIO' && path === pathAt(run, 2)) {
          expect(message).toContain(`the disk is full (ENOSPC): ${neededBytes} bytes needed, ${freeBytes} free`);
          expect(neededBytes).toBeGreaterThan(500);
          expect(freeBytes).toBeGreaterThan(0);
        }
      }
      // Where the fault met the way to the disk after the rename, or the removal of the first one, the second is there.
      const { step, warnings } = await reopen(run);
      expect(warnings).toEqual([]);
      if (committed) expect(step).toBe(2);
      expect(readdirSync(join(run, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      if (calls() < at) break;
    }
    if (fault === 'short') expect(failures).toBe(0);
    else expect(failures).toBeGreaterThan(fault === 'full' ? 5 : 20);
  });
});

describe('damage at rest', async () => {
  const run = await newRun(1, 2);
  const names = readdirSync(pathAt(run, 2));
  const sizes = names.map((name) => readFileSync(join(pathAt(run, 2), name)).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);

  /** File and place of the byte after this fraction of all bytes. */
  function place(fraction: number): { readonly path: string; readonly at: number } {
    let at = Math.floor(fraction * total);
    let file = 0;
    while (at >= sizes[file]) at -= sizes[file++];
    return { path: join(pathAt(run, 2), names[file]), at };
  }

  async function expectFound(path: string): Promise<void> {
    const { step, warnings } = await reopen(run);
    expect(step, path).toBe(1);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${pathAt(run, 2)} is damaged: `);
    expect(warnings[0]).toMatch(/; it is passed over$/);
  }

  test.each(['flipped', 'cut off'])('a byte %s anywhere is found, and the checkpoint before is used', async (kind) => {
    for (let i = 0; i < 200; i++) {
      const { path, at } = place(i / 200);
      const whole = readFileSync(path);
      if (kind === 'flipped') writeFileSync(path, Buffer.from(whole).fill(whole[at] ^ (1 << (i % 8)), at, at + 1));
      else truncateSync(path, at);
      await expectFound(path);
      writeFileSync(path, whole);
    }
    expect(await reopen(run)).toEqual({ step: 2, warnings: [] });
  });

  test('a missing file is found too; when none is whole that is an error', async () => {
    const lost = await newRun();
    cpSync(run, lost, { recursive: true });
    for (const step of [1, 2]) writeFileSync(join(pathAt(lost, step), 'state.json'), '');
    const said: string[] = [];
    const error = await folderStore(lost)
      .latest((sentence) => void said.push(sentence))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunDamaged);
    expect((error as RunDamaged).message).toContain(`${lost}/checkpoints holds no checkpoint that is whole; restore one from a copy`);
    expect(said).toEqual([2, 1].map((step) => `${pathAt(lost, step)} is damaged: state.json is not what was written; it is passed over`));
  });
});
