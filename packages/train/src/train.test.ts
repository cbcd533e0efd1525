import '@tensorflow/tfjs-backend-cpu';
import type { LogLine } from '@tract/report';
import { memory, randomNormals, read, type Tensor, useBackend } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryFiles } from './memory-files.js';
import { requireFinite } from './require-finite.js';
import { Diverged, Interrupted } from './run-error.js';
import { runStore } from './run-store.js';
import { toyTask } from './testing/toy-task.js';
import { train } from './train.js';
import { type Watched, watchTask } from './watch-task.js';

beforeAll(() => useBackend('cpu'));

const newStore = (disk = new Map<string, Uint8Array>()) => runStore(memoryFiles(disk));

/** Everything that a run leaves, but for the clock. */
const left = (disk: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries(
    [...disk]
      .filter(([path]) => !path.endsWith('manifest.json'))
      .sort()
      .map(([path, bytes]) => [
        path,
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/"(seconds|imagesPerSecond|dataWait)": ?[\d.]+|"time":"[^"]+"/g, ''),
      ]),
  );

test('commits come at every interval and at the end, lines every twenty updates; nothing is left behind', async () => {
  const { task, opened } = toyTask();
  const disk = new Map<string, Uint8Array>();
  const before = memory().tensors;
  const [commits, lines]: [number[], LogLine[]] = [[], []];
  const store = newStore(disk);
  const end = await train(task, store, {
    onCommit: ({ step }) => void commits.push(step),
    onLine: (line) => void lines.push(line),
    extra: () => ({ rssBytes: 7 }),
  });
  expect(commits).toEqual([7, 14, 21, 28, 35, 42, 49, 56, 60]);
  expect(lines.map(({ step, images, loss, learningRate, rssBytes }) => [step, images, loss, learningRate, rssBytes])).toEqual(
    [20, 40, 60].map((step) => [step, step, 1, 0.1, 7]),
  );
  expect(await store.readLog()).toEqual(lines);
  expect(end).toMatchObject({ step: 60, totalSteps: 60, images: 60, counters: { updates: 60 }, window: { count: 0 } });
  expect(opened.sessions).toBe(0);
  expect(memory().tensors).toBe(before);
  expect(disk.has('lock')).toBe(false);
  // w after n updates is the sum of 0.1·0.9^(n−1−i)·noise(i).
  const { tensors } = (await store.latest())!;
  const exact = [0, 0, 0];
  for (let i = 0; i < 60; i++)
    randomNormals({ seed: 5, step: i }, 3).forEach((value, j) => {
      exact[j] = 0.9 * exact[j] + 0.1 * value;
    });
  for (const [j, value] of exact.entries()) expect(tensors.get('w')!.data[j]).toBeCloseTo(value, 5);
});

test.each([
  ['a loss', 8, { loss: Number.NaN }],
  ['a loss, just before a commit', 14, { loss: Number.POSITIVE_INFINITY }],
  ['a gradient', 13, { gradNorm: Number.NaN }],
])('%s that is not finite ends the run in the same update, and nothing of it is committed', async (_, at, fault) => {
  const done = { updates: 0 };
  const { task } = toyTask({ fault: { at, ...fault }, onStep: (step) => Object.assign(done, { updates: step + 1 }) });
  const store = newStore();
  const before = memory().tensors;
  const error = await train(task, store).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Diverged);
  expect(error).toMatchObject({
    kind: 'diverged',
    step: at,
    message: expect.stringMatching(/^the loss became .* at update \d+; nothing was written/),
  });
  expect(done.updates).toBe(at);
  expect(await store.committedSteps()).toEqual([7]);
  expect(memory().tensors).toBe(before);
});

test('weights that are not finite are not committed, though the loss before them was', async () => {
  const { task } = toyTask({ fault: { at: 13, weight: Number.POSITIVE_INFINITY } });
  const store = newStore();
  await expect(train(task, store)).rejects.toMatchObject({
    kind: 'diverged',
    message: expect.stringMatching(/^w became \S+ at update 14;/),
  });
  expect(await store.committedSteps()).toEqual([7]);
  const arrays = (value: number) => new Map([['moments.v.bias', { dtype: 'F32' as const, shape: [2], data: Float32Array.of(1, value) }]]);
  expect(() => requireFinite(arrays(0), 9)).not.toThrow();
  expect(() => requireFinite(arrays(Number.NEGATIVE_INFINITY), 9)).toThrow('moments.v.bias became -Infinity at update 9;');
});

describe('a run that does not come to its end at once', () => {
  const whole = new Map<string, Uint8Array>();
  beforeAll(async () => void (await train(toyTask().task, newStore(whole))));

  test('is stopped by its signal with a commit, and goes on to the same bytes', async () => {
    const disk = new Map<string, Uint8Array>();
    for (const stopAt of [3, 14, 33]) {
      const stop = new AbortController();
      const onStep = (step: number) => step + 1 === stopAt && stop.abort('SIGTERM');
      const error = await train(toyTask({ onStep: (step) => void onStep(step) }).task, newStore(disk), { signal: stop.signal }).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(Interrupted);
      expect(error).toMatchObject({ kind: 'interrupted', reason: 'SIGTERM', images: stopAt });
      expect((await newStore(disk).committedSteps())[0]).toBe(stopAt);
    }
    await train(toyTask().task, newStore(disk), { keep: 2 });
    expect(left(disk)).toEqual(left(whole));
  });

  test('is killed between two commits, and goes on to the same bytes', async () => {
    const disk = new Map<string, Uint8Array>();
    for (const killAt of [5, 24, 45]) {
      const onStep = (step: number): void => {
        if (step + 1 === killAt) throw new Error('killed');
      };
      await expect(train(toyTask({ onStep }).task, newStore(disk))).rejects.toThrow('killed');
    }
    await train(toyTask().task, newStore(disk));
    expect(left(disk)).toEqual(left(whole));
  });

  test('a signal in the last update does not keep a run from its end; one that is at its end trains nothing', async () => {
    const disk = new Map<string, Uint8Array>();
    const stop = new AbortController();
    const onStep = (step: number): void => {
      if (step === 59) stop.abort('SIGINT');
    };
    expect((await train(toyTask({ onStep }).task, newStore(disk), { signal: stop.signal })).step).toBe(60);
    const commits: number[] = [];
    const again = toyTask({ onStep: () => expect.unreachable() });
    expect((await train(again.task, newStore(disk), { onCommit: ({ step }) => void commits.push(step) })).step).toBe(60);
    expect(commits).toEqual([60]);
    expect(left(disk)).toEqual(left(whole));
  });
});

test('a run that was killed before its last commit removed an older checkpoint has as many in the end as one that was not', async () => {
  const store = newStore();
  await train(toyTask().task, store, { keep: 3 });
  expect(await store.committedSteps()).toEqual([60, 56, 49]);
  await train(toyTask().task, store, { keep: 2 });
  expect(await store.committedSteps()).toEqual([60, 56]);
});

describe('a run that goes on with other images', () => {
  const before = { images: 10, classes: 2, sha256: 'a' };
  const now = { images: 11, classes: 0, sha256: 'b' };
  const begun = async (data?: typeof before) => {
    const disk = new Map<string, Uint8Array>();
    await train(toyTask({ totalSteps: 7, data }).task, newStore(disk));
    return disk;
  };
  const goOn = (disk: Map<string, Uint8Array>, data: typeof before | undefined, warnings: string[] = [], override = false) => {
    // The length differs, which an override allows.
    const { task } = toyTask({ totalSteps: override ? 14 : 7, data });
    return train(task, newStore(disk), { override, onWarning: (sentence) => void warnings.push(sentence) });
  };

  test('is refused in one sentence', async () => {
    await expect(goOn(await begun(before), now)).rejects.toThrow(
      'step-7 was trained on other images: 10 images in 2 classes, now 11 images, with other names, sizes or classes; give it the images that it had',
    );
  });

  test('is allowed by override, with a warning, and then has the new ones', async () => {
    const [disk, warnings] = [await begun(before), [] as string[]];
    expect(await goOn(disk, now, warnings, true)).toMatchObject({ step: 14, data: now });
    expect(warnings.some((sentence) => sentence.includes('was trained on other images'))).toBe(true);
  });

  test('goes on where the checkpoint is older than fingerprints, or the task has none', async () => {
    expect(await goOn(await begun(), now)).toMatchObject({ step: 7 });
    expect(await goOn(await begun(before), undefined)).toMatchObject({ step: 7 });
    expect(await goOn(await begun(before), before)).toMatchObject({ step: 7 });
  });
});

test('a commit reads the tensors as they are written: it holds no copy of the state', async () => {
  const read: string[] = [];
  const { task } = toyTask({ totalSteps: 7 });
  const store = newStore();
  const commit: typeof store.commit = async (content, keep) => {
    for (const [name, array] of content.tensors) {
      // Read when it is asked for, each time anew.
      expect(Object.getOwnPropertyDescriptor(array, 'data')?.get).toBeDefined();
      expect(array.data).not.toBe(array.data);
      read.push(name);
    }
    await store.commit(content, keep);
  };
  await train(task, { ...store, commit });
  expect(read).toEqual(['w']);
});

test('a watched task lends its trees before the first update, between updates and at the end, and changes no bit', async () => {
  const [plain, watched] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  await train(toyTask({ totalSteps: 12 }).task, newStore(plain));
  const before = memory().tensors;
  const seen: number[][] = [];
  const look = async ({ step, trees, counters }: Watched<Tensor, unknown>): Promise<void> => {
    const { w } = trees() as { w: Tensor };
    seen.push([step, counters().updates, (await read(w))[0]]);
  };
  const stop = new AbortController();
  const task = () => watchTask(toyTask({ totalSteps: 12 }).task, 5, look);
  const onProgress = ({ step }: { step: number }) => step === 7 && stop.abort('the test');
  await expect(train(task(), newStore(watched), { signal: stop.signal, lineEvery: 1, onProgress })).rejects.toThrow(Interrupted);
  expect(seen.map(([step]) => step)).toEqual([0, 5]);
  await train(task(), newStore(watched));
  expect(seen.map(([step]) => step)).toEqual([0, 5, 8, 10, 12]);
  expect(seen.every(([step, updates]) => step === updates)).toBe(true);
  expect(watched.get('model/w.json')).toEqual(plain.get('model/w.json'));
  expect(seen.at(-1)![2]).toBe(JSON.parse(new TextDecoder().decode(plain.get('model/w.json')))[1]);
  expect(memory().tensors).toBe(before);
});
