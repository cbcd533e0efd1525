import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { gzipSync } from 'node:zlib';
import { toBytes } from '@tract/images';
import { afterAll, expect, test } from 'vitest';
import { type Cifar10Split, loadCifar10 } from './cifar10.js';
import { DataError } from './data-error.js';
import { gather, imageAt } from './image-set.js';
import { join, pickledBatch, tarOf } from './testing/archives.js';

const scratch = mkdtempSync(pathOf(tmpdir(), 'tract-cifar10-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A byte for each image, place and colour; the same place in another order gives another. */
const byteAt = (image: number, y: number, x: number, channel: number): number => (image * 7 + y * 5 + x * 3 + channel * 101) % 256;

/** Planes of image `image` as the files have them: [3, 32, 32]. */
const planesOf = (image: number): Uint8Array => Uint8Array.from({ length: 3072 }, (_, i) => byteAt(image, (i >> 5) & 31, i & 31, i >> 10));

const expected = (image: number): Uint8Array =>
  Uint8Array.from({ length: 3072 }, (_, i) => byteAt(image, Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3));

const binary = (images: readonly number[]): Uint8Array => join(images.flatMap((image) => [Uint8Array.of(image % 10), planesOf(image)]));
const pickled = (images: readonly number[], ...form: [columns?: readonly number[], inArray?: boolean]): Uint8Array =>
  pickledBatch(
    join(images.map(planesOf)),
    images.map((image) => image % 10),
    ...form,
  );

const inFiles = (make: (images: readonly number[]) => Uint8Array, ending: string): [string, Uint8Array][] => [
  ...[1, 2, 3, 4, 5].map((n): [string, Uint8Array] => [`data_batch_${n}${ending}`, make([2 * n - 2, 2 * n - 1])]),
  [`test_batch${ending}`, make([12, 13, 14])],
];

let folders = 0;
function folderOf(files: readonly (readonly [string, Uint8Array])[], below = ''): string {
  const folder = pathOf(scratch, String(folders++));
  mkdirSync(pathOf(folder, below), { recursive: true });
  for (const [name, bytes] of files) writeFileSync(pathOf(folder, below, name), bytes);
  return folder;
}

function archiveOf(files: readonly (readonly [string, Uint8Array])[], below: string, pack: (bytes: Uint8Array) => Uint8Array): string {
  const path = pathOf(scratch, `${folders++}.tar`);
  const entries = files.map(([name, data]) => ({ name: `${below}/${name}`, data }));
  writeFileSync(path, pack(tarOf([{ name: `${below}/`, type: '5' }, ...entries])));
  return path;
}

const binaryFiles = inFiles(binary, '.bin');
const pythonFiles = inFiles((images) => pickled(images), '');

test.each([
  ['a folder of the binary form', () => folderOf(binaryFiles)],
  ['the folder that was unpacked there', () => folderOf(binaryFiles, 'cifar-10-batches-bin')],
  ['a folder of the Python form', () => folderOf(pythonFiles)],
  [
    'a folder of the Python form with labels in an array and images of three axes',
    () => folderOf(inFiles((images) => pickled(images, [3, 32, 32], true), '')),
  ],
  ['the archive of the binary form', () => archiveOf(binaryFiles, 'cifar-10-batches-bin', gzipSync)],
  ['the archive of the Python form', () => archiveOf(pythonFiles, 'cifar-10-batches-py', gzipSync)],
  ['an archive that is not compressed', () => archiveOf(pythonFiles, 'cifar-10-batches-py', (bytes) => bytes)],
])('%s gives the same images, colours last, and classes', async (_what, path) => {
  const place = path();
  const [train, held] = [await loadCifar10('train', place), await loadCifar10('test', place)];
  expect([train.count, train.height, train.width, train.channels, held.count]).toEqual([10, 32, 32, 3, 3]);
  expect([...train.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...held.labels]).toEqual([2, 3, 4]);
  for (let i = 0; i < 10; i++) expect(imageAt(train, i)).toEqual(expected(i));
  expect(toBytes(gather(held, [2, 0]))).toEqual(join([expected(14), expected(12)]));
});

test('what Python 3 pickles is read too', async (context) => {
  const code = `import sys, pickle, numpy as np
for protocol in (3, 4):
  i = np.arange(2 * 3072); planes = ((i // 3072 + 12) * 7 + i // 32 % 32 * 5 + i % 32 * 3 + i // 1024 % 3 * 101) % 256
  batch = {'batch_label': 'testing', 'labels': [2, 3], 'data': planes.astype(np.uint8).reshape(2, 3072), 'filenames': ['a.png', 'b.png']}
  pickle.dump(batch, open(sys.argv[1] + str(protocol) + '/test_batch', 'wb'), protocol)`;
  if (spawnSync('python3', ['-c', 'import numpy']).status !== 0) return context.skip('python3 with numpy is not installed');
  for (const protocol of [3, 4]) mkdirSync(pathOf(scratch, `python${protocol}`));
  const made = spawnSync('python3', ['-c', code, pathOf(scratch, 'python')], { encoding: 'utf8' });
  expect(made.stderr).toBe('');
  for (const protocol of [3, 4]) {
    const set = await loadCifar10('test', pathOf(scratch, `python${protocol}`));
    expect([...set.labels]).toEqual([2, 3]);
    expect([imageAt(set, 0), imageAt(set, 1)]).toEqual([expected(12), expected(13)]);
  }
});

const evil = Uint8Array.from('\x80\x02cos\nsystem\n(U\x02ls\x74R.', (letter) => letter.charCodeAt(0));

test.each<[what: string, split: Cifar10Split, files: [string, Uint8Array][], kind: string, words: string]>([
  ['nothing', 'test', [], 'missing', 'expected test_batch.bin or test_batch'],
  ['four of five batches', 'train', binaryFiles.slice(0, 4), 'missing', 'data_batch_5'],
  ['a batch cut off', 'test', [['test_batch.bin', binary([1, 2]).subarray(1)]], 'damaged', 'got 6145 bytes, 3072 beyond'],
  ['an empty batch', 'test', [['test_batch.bin', new Uint8Array(0)]], 'damaged', 'got 0 bytes'],
  [
    'a class of 10',
    'test',
    [['test_batch.bin', join([binary([1]), Uint8Array.of(10), planesOf(0)])]],
    'damaged',
    'image 1 has the label 10',
  ],
  ['a pickle that asks for a program', 'test', [['test_batch', evil]], 'damaged', 'os.system'],
  ['images of another size', 'test', [['test_batch', pickledBatch(new Uint8Array(8), [1, 2], [4])]], 'damaged', 'uint8 [count, 3072]'],
  ['fewer bytes than the shape says', 'test', [['test_batch', pickledBatch(new Uint8Array(3000), [1])]], 'damaged', '3000 bytes'],
  ['a pickle cut off', 'test', [['test_batch', pickled([1, 2]).subarray(0, 5000)]], 'damaged', 'are left'],
])('%s is refused', async (_what, split, files, kind, words) => {
  const folder = folderOf(files);
  const error = await loadCifar10(split, folder).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(DataError);
  expect(error.kind).toBe(kind);
  expect(error.message).toContain(folder);
  expect(error.message).toContain(words);
});
