import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { crc32, writeZip } from '@tract/checkpoint';
import { readDamaged, soakCount, withinMemory } from '@tract/checkpoint/testing';
import { toBytes } from '@tract/images';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { loadImageFolder } from './image-folder.js';
import { allImages, gather, type ImageSet, imageAt } from './image-set.js';
import { loadImageZip } from './image-zip.js';
import type { PictureOptions } from './picture-set.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-pictures-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const pixelsOf = (seed: number, height: number, width: number, channels: number): Uint8Array =>
  Uint8Array.from({ length: height * width * channels }, (_, i) => (seed * 41 + i * 7) % 256);
const png = (seed: number, height = 3, width = 4, channels = 3): Uint8Array =>
  encode({ width, height, channels, depth: 8, data: pixelsOf(seed, height, width, channels) });

type Files = readonly (readonly [name: string, bytes: Uint8Array])[];
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

let places = 0;
function folderOf(files: Files): string {
  const folder = join(scratch, String(places++));
  mkdirSync(folder);
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

function zipOf(files: Files): string {
  const path = join(scratch, `${places++}.zip`);
  writeFileSync(path, writeZip(files));
  return path;
}

const loaders: [string, (files: Files, options?: PictureOptions) => ImageSet][] = [
  ['a folder', (files, options) => loadImageFolder(folderOf(files), options)],
  ['a zip archive', (files, options) => loadImageZip(zipOf(files), options)],
];

const labelled = json({
  labels: [
    ['00000/b.png', 5],
    ['00000/a.png', 999],
    ['00001/c.png', 0],
  ],
});
const pictures: Files = [
  ['00000/a.png', png(0)],
  ['00000/b.png', png(1)],
  ['00001/c.png', png(2)],
];

describe.each(loaders)('%s of pictures', (_what, load) => {
  test('is read picture by picture, in the order of names', () => {
    const set = load([...pictures].reverse());
    expect([set.count, set.height, set.width, set.channels]).toEqual([3, 3, 4, 3]);
    for (const i of [2, 0, 1]) expect(imageAt(set, i)).toEqual(pixelsOf(i, 3, 4, 3));
    expect(toBytes(gather(set, [1]))).toEqual(pixelsOf(1, 3, 4, 3));
    expect(allImages(set)).toHaveLength(3 * 36);
  });

  test('may mix PNG and JPEG', () => {
    const grey = new Uint8Array(readFileSync(fileURLToPath(new URL('../fixtures/grey.jpg', import.meta.url))));
    const set = load([
      ['a.JPEG', grey],
      ['b.png', png(1, 17, 23, 1)],
    ]);
    expect([set.count, set.height, set.width, set.channels]).toEqual([2, 17, 23, 1]);
    expect(imageAt(set, 1)).toEqual(pixelsOf(1, 17, 23, 1));
  });

  test('has the classes that dataset.json says, else its top folders, else none', () => {
    expect([...load([...pictures, ['dataset.json', labelled]]).labels]).toEqual([999, 5, 0]);
    expect([...load(pictures).labels]).toEqual([0, 0, 1]);
    expect(load([...pictures, ['dataset.json', json({ labels: null })]]).labels).toHaveLength(0);
    expect(load([['a.png', png(0)]]).labels).toHaveLength(0);
  });

  test('is cropped to the middle where told to', () => {
    const set = load([['a.png', png(3, 7, 6, 1)]], { crop: 4 });
    const expected = Array.from({ length: 16 }, (_, i) => pixelsOf(3, 7, 6, 1)[(1 + (i >> 2)) * 6 + 1 + (i & 3)]);
    expect([...imageAt(set, 0)]).toEqual(expected);
    expect(() => load([['a.png', png(3, 3, 6, 1)]], { crop: 4 })).toThrow('6x3 is too small to crop to 4x4');
  });

  test.each<[string, Files, string]>([
    ['no pictures', [['readme.txt', json(1)]], 'there are no pictures in it (.png, .jpg'],
    ['a damaged picture', [['a.png', png(0).map((byte, i) => (i === 45 ? byte ^ 1 : byte))]], 'image 0 (a.png): does not decode'],
    [
      'a picture that is none',
      [['a.png', json('not a picture, but long enough to be one')]],
      'image 0 (a.png): not a picture that is read: it is a text file',
    ],
    [
      'a picture with transparency',
      [['a.png', encode({ width: 1, height: 1, channels: 4, data: new Uint8Array(4) })]],
      'transparent in places',
    ],
    ['a picture that says it is huge', [['a.png', huge()]], '65535x65535 are more than'],
    [
      'a picture whose pixels inflate to more than they are',
      [['a.png', withChunk('IDAT', deflateSync(new Uint8Array(2 ** 21)))]],
      'compressed bytes for 39 bytes of pixels',
    ],
    ['a picture cut off', [['a.png', png(0).subarray(0, -5)]], 'it is cut off'],
    ['a picture outside of the folders', [...pictures, ['z.png', png(1)]], 'image 3 (z.png): it lies in no folder'],
    [
      'labels of some pictures',
      [...pictures, ['dataset.json', json({ labels: [['00000/a.png', 1]] })]],
      'image 1 (00000/b.png) has no label',
    ],
    ['a label that is no number', [...pictures, ['dataset.json', json({ labels: [['00000/a.png', 'cat']] })]], "entry 0 of 'labels'"],
    [
      'two labels',
      [
        ...pictures,
        [
          'dataset.json',
          json({
            labels: [
              ['a', 1],
              ['a', 2],
            ],
          }),
        ],
      ],
      '"a" has two labels',
    ],
    ['a damaged dataset.json', [...pictures, ['dataset.json', new Uint8Array([123])]], 'dataset.json'],
  ])('with %s is refused', (_what, files, words) => {
    expect(() => load(files)).toThrow(words);
    expect(() => load(files)).toThrow(DataError);
  });

  test('with a picture of another size is refused when that is read', () => {
    const set = load([...pictures, ['00001/d.png', png(1, 4, 4)]]);
    expect(() => gather(set, [0, 3])).toThrow('image 3 (00001/d.png): 4x4 with 3 channels, but 00000/a.png is 4x3');
    expect(() => gather(set, [0, 3])).toThrow(DataError);
  });
});

/** A picture whose header, with a right checksum, says 65535 x 65535. */
function huge(): Uint8Array {
  const bytes = png(0).slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(16, 65535);
  view.setUint32(20, 65535);
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}

/** A picture with one chunk more behind its header. */
function withChunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [body.length - 4, crc32(body)].map((value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
  return Buffer.concat([png(0).subarray(0, 33), length, body, sum, png(0).subarray(33)]);
}

test('notes of a picture are not inflated', () => {
  const profile = Buffer.concat([Buffer.from('p\0\0'), deflateSync(new Uint8Array(2 ** 20))]);
  const set = loadImageFolder(
    folderOf([
      ['a.png', withChunk('iCCP', profile)],
      ['b.png', withChunk('iCCP', Buffer.from('p\0\0nothing'))],
    ]),
  );
  expect([imageAt(set, 0), imageAt(set, 1)]).toEqual([pixelsOf(0, 3, 4, 3), pixelsOf(0, 3, 4, 3)]);
});

test('a picture that is gone after loading is named', () => {
  const folder = folderOf(pictures);
  const set = loadImageFolder(folder);
  rmSync(join(folder, '00001/c.png'));
  expect(() => gather(set, [2])).toThrow(/image 2 .00001.c\.png.: cannot be read \(ENOENT\)/);
  expect(() => loadImageFolder(join(folder, 'none'))).toThrow('no such folder');
  expect(() => loadImageZip(join(folder, 'none.zip'))).toThrow('cannot be opened (ENOENT)');
});

test('deflated entries of an archive are read', () => {
  const raw = png(4);
  const packed = deflateRawSync(raw);
  const bytes = writeZip([['a.png', packed]]);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const directory = view.getUint32(bytes.length - 6, true);
  // Method, checksum, packed and full size, in the local header and in the directory.
  for (const at of [8, directory + 10]) view.setUint16(at, 8, true);
  for (const at of [14, directory + 16]) view.setUint32(at, crc32(raw), true);
  for (const at of [22, directory + 24]) view.setUint32(at, raw.length, true);
  const path = join(scratch, 'deflated.zip');
  writeFileSync(path, bytes);
  expect(imageAt(loadImageZip(path), 0)).toEqual(pixelsOf(4, 3, 4, 3));
  view.setUint32(directory + 24, raw.length - 1, true);
  writeFileSync(path, bytes);
  expect(() => loadImageZip(path)).toThrow(`does not inflate to its ${raw.length - 1} bytes`);
});

test('whatever is wrong with an archive, there are images or a DataError', async () => {
  const sound = writeZip([...pictures, ['dataset.json', labelled]]);
  const place = fc.oneof(fc.nat(sound.length - 1), fc.integer({ min: sound.length - 300, max: sound.length - 1 }));
  const path = join(scratch, 'fuzz.zip');
  const readWritten = (bytes: Uint8Array): Uint8Array => {
    writeFileSync(path, bytes);
    return allImages(loadImageZip(path));
  };
  await withinMemory(() =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.nat(sound.length),
        fc.boolean(),
        (changes, length, isCut) => {
          const bytes = isCut ? sound.slice(0, length) : sound.slice();
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          return readDamaged(readWritten, bytes, DataError);
        },
      ),
      { numRuns: soakCount('INPUTS', 300) },
    ),
  );
});
