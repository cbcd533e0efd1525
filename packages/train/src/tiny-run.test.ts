import '@tensorflow/tfjs-backend-cpu';
import { join } from 'node:path';
import { memory, useBackend } from '@tract/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryFiles } from './memory-files.js';
import { folderStore } from './node/folder-files.js';
import { opfsFiles } from './opfs-files.js';
import { type RunStore, runStore } from './run-store.js';
import { fakeLocks, fakeRoot } from './testing/fake-opfs.js';
import { scratchFolder } from './testing/scratch-folder.js';
import { tinyRun } from './testing/tiny-run.js';

const scratch = scratchFolder();
beforeAll(() => useBackend('cpu'));
afterAll(scratch.remove);

const inMemory = () => runStore(memoryFiles());
const ends = ['checkpoints/step-12/state.safetensors', 'model/model.safetensors', 'model/config.json'];
const bytesOf = async (store: RunStore) =>
  Promise.all(ends.map(async (path) => Buffer.from((await store.files.read(path))!).toString('base64')));

describe('the example', () => {
  const whole = { teacher: inMemory(), student: inMemory() };

  beforeAll(async () => {
    const { trainTeacher, distilTeacher } = await tinyRun();
    const before = memory().tensors;
    await trainTeacher(whole.teacher);
    await distilTeacher(whole.teacher, whole.student);
    expect(memory().tensors).toBe(before);
  });

  test.each<[string, (name: string) => RunStore]>([
    ['memory', inMemory],
    ['a folder', (name) => folderStore(join(scratch.path, name))],
    ["a page's files", (name) => runStore(opfsFiles(fakeRoot(name), fakeLocks()))],
  ])('in %s: stopped after any update, a run goes on to the bits of one that was not', async (_, storeOf) => {
    const { trainTeacher, distilTeacher } = await tinyRun();
    const before = memory().tensors;
    const [teacher, student] = [storeOf('teacher'), storeOf('student')];
    for (const [name, store, run] of [
      ['teacher', teacher, (options?: object) => trainTeacher(teacher, options)],
      ['student', student, (options?: object) => distilTeacher(teacher, student, options)],
    ] as const) {
      // At a commit, and between two; of the student in both phases, and at their border.
      for (const last of [3, 6, 8]) {
        const stop = new AbortController();
        const onProgress = ({ step }: { readonly step: number }) => step === last && stop.abort('the test');
        await expect(run({ signal: stop.signal, lineEvery: 1, onProgress })).rejects.toMatchObject({ kind: 'interrupted' });
        expect((await store.committedSteps())[0]).toBe(last + 1);
      }
      await run();
      expect(await bytesOf(store)).toEqual(await bytesOf(whole[name]));
    }
    expect(memory().tensors).toBe(before);
  });

  test('a student says what it is: its steps, its teacher, how it was made', async () => {
    const config = JSON.parse(new TextDecoder().decode(await whole.student.files.read('model/config.json')));
    expect(config).toMatchObject({ format: 'tract-model', prediction: 'v', samplingSteps: [1], data: 'stripes' });
    expect(config.recipe).toMatchObject({ method: 'tract', schedule: [8, 2, 1], imagesSeen: 24 });
    const lines = await whole.student.readLog();
    expect(lines.map(({ step, phase }) => [step, phase])).toEqual([[12, '2->1']]);
  });
});
