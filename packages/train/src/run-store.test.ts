import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Checkpoint } from './checkpoint.js';
import { memoryFiles } from './memory-files.js';
import { folderFiles } from './node/folder-files.js';
import { opfsFiles } from './opfs-files.js';
import { changedSettings, type RunConfig, runConfig } from './run-config.js';
import { RunBusy, RunDamaged } from './run-error.js';
import type { FileContent, RunFiles } from './run-files.js';
import { type OpenOptions, type RunStore, runStore } from './run-store.js';
import { contentAt } from './testing/checkpoint-content.js';
import { fakeLocks, fakeRoot } from './testing/fake-opfs.js';
import { scratchFolder } from './testing/scratch-folder.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

const config: RunConfig = runConfig('train', { images: 100, batch: 1, network: { channels: 8 } });
const asked: OpenOptions = { totalSteps: 100 };

/** Two ways into one new place, as two processes have. */
type Places = () => readonly [RunFiles, RunFiles];
let count = 0;
const kinds: Record<string, Places> = {
  memory: () => {
    const disk = new Map();
    return [memoryFiles(disk), memoryFiles(disk)];
  },
  folder: () => {
    const path = join(scratch.path, `run-${count++}`);
    return [folderFiles(path), folderFiles(path)];
  },
  opfs: () => {
    const [root, locks] = [fakeRoot(`run-${count++}`), fakeLocks()];
    return [opfsFiles(root, locks), opfsFiles(root, locks)];
  },
};

describe.each(Object.entries(kinds))('a run in %s', (kind, places) => {
  async function runWith(...steps: readonly number[]): Promise<RunStore> {
    const store = runStore(places()[0]);
    await store.begin(config);
    for (const step of steps) await store.commit({ ...contentAt(step), config }, 9);
    await store.close();
    return store;
  }

  test('files and folders are replaced whole, listed and removed', async () => {
    const [files] = places();
    await files.lock();
    await files.write('a.json', '{}');
    await files.write('a.json', '{"b":1}');
    await files.writeFolder(
      'model',
      new Map<string, FileContent>([
        ['one', 'old'],
        ['two', Uint8Array.of(1, 2)],
      ]),
    );
    await files.writeFolder('model', new Map<string, FileContent>([['one', 'new']]));
    await files.append('log', 'x\n');
    await files.append('log', 'y\n');
    await files.flush('log');
    const text = async (path: string) => new TextDecoder().decode(await files.read(path));
    expect([await text('a.json'), await text('model/one'), await text('log')]).toEqual(['{"b":1}', 'new', 'x\ny\n']);
    expect([await files.read('model/two'), await files.read('none/at/all'), await files.list('none')]).toEqual([undefined, undefined, []]);
    expect((await files.list('')).filter((name) => name !== 'lock').sort()).toEqual(['a.json', 'log', 'model']);
    expect(await files.list('model')).toEqual(['one']);
    await files.remove('model');
    await files.remove('model');
    expect(await files.list('model')).toEqual([]);
    await files.unlock();
  });

  test('what is committed is what is read, and only the last ones are kept', async () => {
    const store = await runWith(1, 2, 10);
    await store.commit({ ...contentAt(11), config }, 2);
    expect(await store.committedSteps()).toEqual([11, 10]);
    expect(await store.latest()).toEqual({ ...contentAt(11), config, path: `${store.name}/checkpoints/step-11` });
    expect(await store.config()).toEqual(config);
  });

  test('a run is opened as it is asked for, or refused', async () => {
    const store = await runWith(4, 6);
    const open = async (options: Partial<OpenOptions>, wanted = config) => {
      try {
        return (await store.open(wanted, { ...asked, ...options }))?.state.step;
      } catch (error) {
        return (error as { kind: string }).kind;
      } finally {
        await store.close();
      }
    };
    const other = runConfig('train', { images: 100, batch: 1, network: { channels: 9 } });
    expect(await open({})).toBe(6);
    expect(await open({ resume: 'yes' })).toBe(6);
    expect(await open({ resume: 'no' })).toBe('unfinished');
    expect(await open({ resume: await store.checkpoint(4) })).toBe(4);
    expect(await open({ resume: { ...(await store.checkpoint(4)), path: 'elsewhere/checkpoints/step-4' } })).toBe('foreign');
    expect(await open({}, other)).toBe('settings');
    expect(await open({ override: true }, other)).toBe(6);
    expect(await open({ override: true, fixed: ['network'] }, other)).toBe('fixed');
    expect(await open({ totalSteps: 5 })).toBe('too-short');
    expect(await open({}, { ...config, command: 'distill' })).toBe('fixed');
    const finished = contentAt(100);
    await store.commit({ ...finished, config }, 9);
    expect(await open({})).toBe(100);
    expect(await open({ resume: 'yes' })).toBe('finished');
    expect(await open({ resume: 'yes', override: true, totalSteps: 200 })).toBe(100);
    const none = runStore(places()[0]);
    await expect(none.open(config, { ...asked, resume: 'yes' })).rejects.toMatchObject({ kind: 'missing' });
    expect(await none.open(config, asked)).toBeUndefined();
    await none.files.lock();
    await none.files.write('homework.txt', 'mine');
    await expect(none.open(config, asked)).rejects.toMatchObject({ kind: 'occupied' });
  });

  test('a run begun from a checkpoint has it as its own; what came after it is gone, from the log too', async () => {
    const from: Checkpoint = await (await runWith(3, 5)).checkpoint(3);
    const store = await runWith(3, 5);
    for (const images of [1, 2, 3, 4]) await store.log({ step: images, images });
    await store.begin(config, await store.checkpoint(3));
    expect(await store.committedSteps()).toEqual([3]);
    expect((await store.readLog()).map(({ step }) => step)).toEqual([1, 2, 3]);
    await store.close();
    const copy = runStore(places()[0]);
    // In memory all runs have one name.
    const foreign = { ...from, path: `other/${from.path}` };
    expect(await copy.open(config, { ...asked, resume: foreign })).toBe(foreign);
    await copy.begin(config, foreign);
    expect((await copy.latest())?.tensors).toEqual(from.tensors);
    await copy.close();
  });

  test('one process has it at a time', async () => {
    const [first, second] = places().map((files) => runStore(files));
    if (kind === 'folder') return; // Locks of folders are of processes: see run-lock.test.ts.
    await first.begin(config);
    await expect(second.open(config, asked)).rejects.toBeInstanceOf(RunBusy);
    await first.close();
    expect(await second.open(config, asked)).toBeUndefined();
    await second.close();
  });

  test('a last line of the log that is cut short does not count', async () => {
    const store = await runWith(2);
    await store.log({ images: 1 });
    await store.files.append('stats.jsonl', '{"images": 2');
    expect(await store.readLog()).toEqual([{ images: 1 }]);
    await store.begin(config, await store.latest());
    await store.log({ images: 3 });
    expect(await store.readLog()).toEqual([{ images: 1 }, { images: 3 }]);
    await store.close();
  });

  test('a configuration that is none, or of another version, is damage', async () => {
    const store = await runWith();
    for (const text of ['{', '{"format":"other"}', '{"format":"tract-run","version":3}']) {
      await store.files.write('config.json', text);
      await expect(store.config()).rejects.toBeInstanceOf(RunDamaged);
    }
  });
});

describe('a copy in a page that is cut short', () => {
  test.each([
    ['before all is written', false],
    ['after that', true],
  ])('%s: the old folder or the new one, never a mixture', async (_, isReady) => {
    const root = fakeRoot('run');
    const files = opfsFiles(root, fakeLocks());
    await files.writeFolder(
      'model',
      new Map<string, FileContent>([
        ['a', 'old'],
        ['b', 'old'],
      ]),
    );
    // What a crash leaves: all of the new folder, or a part, and of the copy a part.
    await files.write('model.tmp/a', 'new');
    if (isReady) {
      await files.write('model.ready', '');
      await files.remove('model/b');
      await files.write('model/a', 'new');
    }
    await files.recover();
    const names = [...(await files.list(''))].sort();
    expect(names).toEqual(['model']);
    expect(await files.list('model')).toEqual(isReady ? ['a'] : ['a', 'b']);
    expect(new TextDecoder().decode(await files.read('model/a'))).toBe(isReady ? 'new' : 'old');
  });
});

test('a folder that a crash left half replaced is put right, and files in the making go', async () => {
  const path = join(scratch.path, 'crashed');
  const store = runStore(folderFiles(path));
  await store.begin(config);
  mkdirSync(join(path, 'model.old'));
  writeFileSync(join(path, 'model.old', 'a'), 'old');
  mkdirSync(join(path, 'model.tmp'));
  mkdirSync(join(path, 'checkpoints', 'step-3.tmp'), { recursive: true });
  writeFileSync(join(path, 'config.json.tmp'), 'cut sh');
  await store.open(config, asked);
  expect([...(await store.files.list(''))].sort()).toEqual(['checkpoints', 'config.json', 'lock', 'model']);
  expect(await store.files.list('model')).toEqual(['a']);
  expect(await store.files.list('checkpoints')).toEqual([]);
  await store.close();
});

test('settings that differ are named by their paths; each that is fixed stays so, however deep it lies', () => {
  const of = (settings: Record<string, unknown>) =>
    runConfig('distill', { batch: 2, schedule: [8, 1], network: { channels: 4 }, ...settings });
  const change = (settings: Record<string, unknown>, fixed: string[]) =>
    changedSettings('RUN', of({}), of(settings), { override: true, fixed });
  const fixed = ['batch', 'schedule', 'network'];
  expect(change({ lr: 0.5 }, fixed)).toEqual(['lr not given -> 0.5']);
  expect(change({ network: { channels: 8 } }, ['batch'])).toEqual(['network.channels 4 -> 8']);
  for (const settings of [{ batch: 4 }, { schedule: [8, 2, 1] }, { network: { channels: 8 } }])
    expect(() => change({ lr: 0.5, ...settings }, fixed)).toThrow('cannot be overridden: RUN would not be the same run');
});
