import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damagedBytes, readDamaged, soakCount, withinMemory } from '@tract/checkpoint/testing';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadCifar10 } from './cifar10.js';
import { DataError } from './data-error.js';
import { decodePicture } from './decode-picture.js';
import { allImages } from './image-set.js';
import { loadImageNet64 } from './imagenet64.js';
import { labelsByName } from './picture-labels.js';
import { readTar } from './tar.js';
import { pickledBatch, tarOf } from './testing/archives.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-spoilt-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const cases = JSON.parse(readFileSync(new URL('../fixtures/pictures.json', import.meta.url), 'utf8')) as Record<string, { file?: string }>;
/** Pictures whose names in the fixture begin with the kind. */
const picturesOf = (kind: string): Uint8Array[] =>
  Object.entries(cases).flatMap(([name, { file }]) => (name.startsWith(kind) && file ? [new Uint8Array(Buffer.from(file, 'base64'))] : []));
const decode = (bytes: Uint8Array): unknown => decodePicture(bytes, 'a', { colour: 'rgb' });

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const binary = Uint8Array.from({ length: 2 * 3073 }, (_, i) => (i % 3073 === 0 ? i / 3073 : i % 256));
const planes = (size: number): Uint8Array => Uint8Array.from({ length: 2 * size }, (_, i) => i % 251);
const inFile =
  (name: string, load: (folder: string) => Promise<Parameters<typeof allImages>[0]>) =>
  async (bytes: Uint8Array): Promise<unknown> => {
    const folder = join(scratch, name.replace('.', '-'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), bytes);
    return allImages(await load(folder));
  };

test.each<[format: string, read: (bytes: Uint8Array) => unknown, sound: Uint8Array[], runs: number]>([
  ...['png', 'jpeg', 'webp', 'bmp', 'tiff', 'ppm'].map((kind): [string, typeof decode, Uint8Array[], number] => [
    kind,
    decode,
    picturesOf(kind),
    1000,
  ]),
  [
    'dataset.json',
    (description) => labelsByName({ source: 'set', names: ['a', 'b'], folders: [], description }, 'folders'),
    [text('{"labels":[["a",0],["b",9]]}'), text('{"labels":{"a":[0,1],"b":[1,0]}}')],
    1000,
  ],
  [
    'tar',
    (bytes) => readTar(bytes),
    [
      tarOf([
        { name: 'x', type: 'x', data: text('11 path=ab\n') },
        { name: 'b', data: text('c') },
      ]),
    ],
    1000,
  ],
  ['CIFAR-10 in binary form', inFile('test_batch.bin', (folder) => loadCifar10('test', folder)), [binary], 300],
  [
    'CIFAR-10 in Python form',
    inFile('test_batch', (folder) => loadCifar10('test', folder)),
    [pickledBatch(planes(3072), [1, 2]), pickledBatch(planes(3072), [1, 2], [3072], true)],
    300,
  ],
  [
    'ImageNet64 as a pickle',
    inFile('val_data', (folder) => loadImageNet64('val', folder)),
    [pickledBatch(planes(12288), [1, 2], [12288]), pickledBatch(planes(12288), [1, 2], [3, 64, 64], true)],
    300,
  ],
])('spoilt %s: a value or a DataError, soon and in little memory', async (_format, read, sound, runs) => {
  expect(sound.length).toBeGreaterThan(0);
  for (const bytes of sound) await read(bytes);
  await withinMemory(() =>
    fc.assert(
      fc.asyncProperty(damagedBytes(sound), (bytes) => readDamaged(read, bytes, DataError)),
      { numRuns: soakCount('INPUTS', runs) },
    ),
  );
});
