import '@tensorflow/tfjs-backend-cpu';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { read, tensor, useBackend } from '@tract/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryFiles } from './memory-files.js';
import { folderFiles } from './node/folder-files.js';
import { WriteError } from './node/write-error.js';
import { stateArrays } from './state-arrays.js';
import { faultyDisk, notingDisk } from './testing/faulty-disk.js';
import { scratchFolder } from './testing/scratch-folder.js';

const scratch = scratchFolder();
beforeAll(() => useBackend('cpu'));
afterAll(scratch.remove);

const state = () => ({ w: tensor([1, 2, 3], [3]), moments: { m: tensor([4, 5, 6, 7], [2, 2]), v: tensor([8], [1]) } });
const wanted = [
  ['w', [3], [1, 2, 3]],
  ['moments.m', [2, 2], [4, 5, 6, 7]],
  ['moments.v', [1], [8]],
];
const contentOf = ({ arrays }: Awaited<ReturnType<typeof stateArrays>>) =>
  [...arrays].map(([name, { shape, data }]) => [name, shape, Array.from(data, Number)]);
/** A device, whose memory is not the processor's. */
const device = (onRead: () => void = () => {}) => ({
  readerNow: () => undefined,
  read: (x: Parameters<typeof read>[0]) => {
    onRead();
    return read(x);
  },
});

test('a state on a device comes over tensor by tensor: each is in the file before the next is read', async () => {
  const { disk, calls } = notingDisk();
  const found = await stateArrays(
    state(),
    folderFiles(scratch.path, disk),
    device(() => void calls.push('read')),
  );
  const file = join(scratch.path, 'state.tmp');
  expect(calls).toEqual([`open ${file}`, ...wanted.flatMap(() => ['read', `write ${file}`]), `close ${file}`]);
  // Gone through several times, as a commit does, and in any order.
  expect(contentOf(found)).toEqual(wanted);
  expect(found.arrays.get('moments.v')!.data[0]).toBe(8);
  expect(contentOf(found)).toEqual(wanted);
  await found.free();
  expect(existsSync(file)).toBe(false);
});

test('a store without such files gets the state in memory, and what the processor has is read where it is', async () => {
  expect(contentOf(await stateArrays(state(), memoryFiles(), device()))).toEqual(wanted);
  const spool = () => expect.unreachable();
  expect(contentOf(await stateArrays(state(), { spool, remove: async () => {} }))).toEqual(wanted);
});

test.each(['ENOSPC', 'full'] as const)('%s on the way is a WriteError that says what was needed, and nothing is left', async (fault) => {
  for (let at = 1; at <= 4; at++) {
    const files = folderFiles(scratch.path, faultyDisk(at, fault).disk);
    const error = await stateArrays(state(), files, device()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WriteError);
    expect(error).toMatchObject({ neededBytes: 32 });
    expect(existsSync(join(scratch.path, 'state.tmp'))).toBe(false);
  }
});
