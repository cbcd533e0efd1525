import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeNpz, writeZip } from '@tract/checkpoint';
import { encode } from 'fast-png';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { BadSample } from './bad-samples.js';
import { DataError } from './data-error.js';
import { batchAt } from './epoch-order.js';
import { type BatchOptions, openBatches, type Picked } from './image-batches.js';
import { loadImageFolder } from './image-folder.js';
import { allImages, gather, type ImageSet, type ImagesOnDemand } from './image-set.js';
import { loadImageZip } from './image-zip.js';
import { loadImageNet64 } from './imagenet64.js';
import { ReadThreadError, startReadThreads } from './read-threads.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-batches-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const COUNT = 11;
/** Two folders of pictures, which are two classes. */
const pictures = Array.from({ length: COUNT }, (_, i): [string, Uint8Array] => {
  const data = Uint8Array.from({ length: 5 * 4 * 3 }, (_, p) => (i * 59 + p * 7) % 256);
  return [`${i < 4 ? 'cat' : 'dog'}/${String(i).padStart(2, '0')}.png`, encode({ width: 4, height: 5, channels: 3, data })];
});

function folderOf(name: string, files: readonly (readonly [string, Uint8Array])[]): string {
  for (const [file, bytes] of files) {
    mkdirSync(dirname(join(scratch, name, file)), { recursive: true });
    writeFileSync(join(scratch, name, file), bytes);
  }
  return join(scratch, name);
}

const folder = folderOf('sound', pictures);
const zip = join(scratch, 'sound.zip');
writeFileSync(zip, writeZip(pictures));
const planes = Uint8Array.from({ length: COUNT * 12288 }, (_, i) => (i * 13 + (i >> 12)) % 256);
writeFileSync(
  join(scratch, 'val_data.npz'),
  writeNpz([
    ['data', { dtype: 'U8', shape: [COUNT, 12288], data: planes }],
    ['labels', { dtype: 'I32', shape: [COUNT], data: Int32Array.from({ length: COUNT }, (_, i) => i + 1) }],
  ]),
);

/** A batch by the hash of its values and its classes. */
const batchOf = ({ images, slots, labels }: Picked) => ({
  values: createHash('sha256').update(gather(images, slots)).digest('hex'),
  labels,
});

/** Batches `first` to 9, which are more than three epochs, and what was passed over. */
async function batchesOf(set: ImageSet, { first = 0, ...more }: Partial<BatchOptions> = {}) {
  const batches = openBatches(set, { seed: 5, batchSize: 4, first, ...more });
  try {
    const values: ReturnType<typeof batchOf>[] = [];
    for (let step = first; step < 10; step++) values.push(batchOf(await batches.pick(step)));
    return { values, bad: batches.bad() };
  } finally {
    await batches.close();
  }
}

const ways: Partial<BatchOptions>[] = [0, 1, 3].flatMap((threads) => [0, 1e6].map((keepBytes) => ({ threads, keepBytes })));

describe.each([
  ['a folder', () => loadImageFolder(folder)],
  ['a zip archive', () => loadImageZip(zip)],
  ['npz files', () => loadImageNet64('val', scratch)],
] as [string, () => ImagesOnDemand | Promise<ImagesOnDemand>][])('the batches of %s', (_what, load) => {
  test('are those of the same images in memory, bit for bit, for any number of threads and either kind of memory', async () => {
    const set = await load();
    const { read: _, stored: _s, ...shape } = set;
    const expected = await batchesOf({ ...shape, data: allImages(set) });
    const indices = batchAt(5, COUNT, 4, 3);
    expect(expected.values[3]).toEqual(batchOf({ images: set, slots: indices, labels: Array.from(indices, (i) => set.labels[i]) }));
    for (const way of ways) expect(await batchesOf(set, way)).toEqual(expected);
  });
});

describe('images that cannot be read', () => {
  const damaged = pictures.map(([name, bytes], i): [string, Uint8Array] => [name, [0, 5, 6].includes(i) ? bytes.subarray(0, -20) : bytes]);
  const options = { maxBadSamples: 3 };
  const set = loadImageFolder(folderOf('damaged', damaged), options);
  const sound = loadImageFolder(folder);

  test('are replaced by the next ones that can, with their classes, and listed as they are met', async () => {
    const { values, bad } = await batchesOf(set, options);
    const replaced = [1, 1, 2, 3, 4, 7, 7, 7, 8, 9, 10];
    for (let step = 0; step < 10; step++) {
      const indices = Array.from(batchAt(5, COUNT, 4, step), (i) => replaced[i]);
      expect(values[step]).toEqual(batchOf({ images: sound, slots: indices, labels: indices.map((i) => set.labels[i]) }));
    }
    expect(bad.map(({ index }) => index).sort()).toEqual([0, 5, 6]);
    expect(bad.find(({ index }) => index === 5)?.reason).toContain('damaged, image 5 (dog/05.png): it is cut off');
    for (const way of ways) expect(await batchesOf(set, { ...options, ...way })).toEqual({ values, bad });
  });

  test('stay passed over in a later session, where one more than is allowed ends it at the same batch as in one session', async () => {
    const whole = await batchesOf(set, options);
    const met: number[] = [];
    const batches = openBatches(set, { seed: 5, batchSize: 4, threads: 1, ...options, onBad: ({ index }) => met.push(index) });
    const perBatch: (readonly BadSample[])[] = [];
    for (let step = 0; step < 10; step++) {
      await batches.pick(step);
      perBatch.push(batches.bad());
    }
    await batches.close();
    expect(met).toEqual(whole.bad.map(({ index }) => index));
    for (const [step, bad] of perBatch.entries()) {
      const rest = await batchesOf(set, { ...options, first: step + 1, bad, threads: step % 3 });
      expect(rest).toEqual({ values: whole.values.slice(step + 1), bad: whole.bad });
    }
    // Known ones need not be looked at: here they are sound again.
    expect((await batchesOf(sound, { bad: whole.bad, threads: 1 })).values).toEqual(whole.values);
    for (const threads of [0, 2]) {
      const error = await batchesOf(set, { maxBadSamples: 2, threads }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(
        /damaged, image [056] \(.*\.png\): it is cut off; repair or remove it, or allow more bad images than 2$/,
      );
    }
  });

  test('that are all there is end it', async () => {
    const none = folderOf('none', [pictures[0], ['cat/b.png', pictures[1][1].subarray(0, -9)]]);
    const rotten = loadImageFolder(none);
    writeFileSync(join(none, pictures[0][0]), '');
    await expect(batchesOf(rotten, { maxBadSamples: 9 })).rejects.toThrow('none of the 2 images can be read');
  });
});

test('batches are picked one after the other', async () => {
  const batches = openBatches(loadImageFolder(folder), { seed: 0, batchSize: 2, first: 3 });
  await expect(batches.pick(4)).rejects.toThrow('expected 3, got 4');
});

const openFiles = (): number => readdirSync('/proc/self/fd').length;
const messagePorts = (): number => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;

test('a thread that breaks down is named to all who wait; nothing is left of the threads', async () => {
  if (process.platform !== 'linux') console.warn('open files are not counted: there is no /proc');
  const before = { files: process.platform === 'linux' ? openFiles() : 0, ports: messagePorts() };
  const { stored } = loadImageZip(zip);
  // Memory for two images.
  const threads = startReadThreads(2, { form: stored!.form, memory: new Uint8Array(new SharedArrayBuffer(120)) });
  const item = (index: number, slot: number) => ({ index, slot, place: stored!.place(index) });
  expect(await threads.read([item(3, 0)])).toEqual([]);
  const [beyond, other] = [threads.read([item(0, 2)]), threads.read(Array.from({ length: 2000 }, () => item(1, 1)))];
  for (const waits of [beyond, other]) {
    const error = await waits.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ReadThreadError);
    expect(error.message).toMatch(/^reading thread 2 ended: .*; go on from the last checkpoint, or without reading threads$/);
  }
  await expect(threads.read([item(2, 0)])).rejects.toBeInstanceOf(ReadThreadError);
  await threads.close();
  // Closed while there is much to do, early and late in the threads' start.
  for (let wait = 0; wait < 60; wait += 4) {
    const busy = openBatches(loadImageZip(zip), { seed: 1, batchSize: 5000, threads: 2 });
    await setTimeout(wait);
    await busy.close();
  }
  // A thread's own files are closed a little after its end.
  await vi.waitFor(() => expect({ files: process.platform === 'linux' ? openFiles() : 0, ports: messagePorts() }).toEqual(before), 600_000);
});
