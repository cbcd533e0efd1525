import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeZip } from '@tract/checkpoint';
import { encode } from 'fast-png';
import { afterAll, describe, expect, test } from 'vitest';
import { loadImageFolder } from './image-folder.js';
import { type ImagesOnDemand, imageAt } from './image-set.js';
import { loadImageZip } from './image-zip.js';
import type { PictureOptions } from './picture-set.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-found-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const png = (value: number): Uint8Array => encode({ width: 2, height: 2, channels: 1, depth: 8, data: new Uint8Array(4).fill(value) });
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
type Files = Readonly<Record<string, Uint8Array>>;

let places = 0;
function folderOf(files: Files): string {
  const folder = join(scratch, String(places++));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, `${name}x`)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
function zipOf(files: Files): string {
  const path = join(scratch, `${places++}.zip`);
  writeFileSync(path, writeZip(Object.entries(files)));
  return path;
}
const loaders: readonly (readonly [string, (files: Files, options?: PictureOptions) => ImagesOnDemand])[] = [
  ['a folder', (files, options) => loadImageFolder(folderOf(files), options)],
  ['a zip archive', (files, options) => loadImageZip(zipOf(files), options)],
];
const seen = (set: ImagesOnDemand) => Array.from({ length: set.count }, (_, i) => [imageAt(set, i)[0], set.labels[i]]);

describe.each(loaders)('%s', (_name, load) => {
  test('is in the order of whole names, whatever folders they are in', () => {
    expect(seen(load({ 'a/x.png': png(0), 'a-b/y.png': png(100) }))).toEqual([
      [100, 1],
      [0, 0],
    ]);
  });

  test('leaves out what computers leave behind, and counts it and what is no picture, with an example of each', () => {
    const set = load({
      ...{ 'a/1.png': png(1), 'b/2.png': png(2), 'a/._1.png': text('\0\x05\x16\x07'), '__MACOSX/a/._1.png': text('x') },
      ...{ '.DS_Store': text('x'), 'b/Thumbs.db': text('x'), 'notes.txt': text('x'), 'more.txt': text('y'), LICENSE: text('z') },
    });
    expect(set.count).toBe(2);
    expect(set.classNames).toEqual(['a', 'b']);
    const counts = new Map(set.leftOut?.map(({ kind, count }) => [kind, count]));
    expect(counts.get('.txt files')).toBe(2);
    expect(counts.get('other files')).toBe(1);
    expect(counts.get('files of the operating system')).toBe(4);
    expect(set.leftOut?.find(({ kind }) => kind === 'other files')?.example).toBe('LICENSE');
  });

  test('has the classes of the folders below one that is around them all', () => {
    const set = load({ 'my/set/b/1.png': png(1), 'my/set/a/2.png': png(2), 'my/set/a/deep/3.png': png(3) });
    expect(set.classNames).toEqual(['a', 'b']);
    expect([...set.labels]).toEqual([0, 0, 1]);
    expect(load({ 'only/1.png': png(1), 'only/2.png': png(2) }).classNames).toEqual(['only']);
  });

  test('is refused where its folders are splits, which are no classes', () => {
    const files = { 'set/train/a/1.png': png(1), 'set/val/a/2.png': png(2) };
    expect(() => load(files)).toThrow('its folders are splits (train, val) and no classes; give one of them');
    expect(load(files, { classes: 'none' }).count).toBe(2);
    expect(load({ 'test/1.png': png(1), 'tube/2.png': png(2) }).classNames).toEqual(['test', 'tube']);
  });

  test.each<[string, Files]>([
    ['nothing', { 'set/b/': text('') }],
    ['nothing but what a computer left behind', { 'set/b/': text(''), 'set/b/.DS_Store': text('x') }],
    ['no picture that is read', { 'set/b/1.gif': text('GIF89a') }],
  ])('is refused where a folder among the classes holds %s, since numbers would move', (_what, bare) => {
    const files = { 'set/a/1.png': png(1), 'set/c/2.png': png(2), ...bare };
    expect(() => load(files)).toThrow('no picture that is read lies in its folder "b", and folders are the classes');
    expect(load(files, { classes: 'none' }).count).toBe(2);
    // Folders within a class, around all classes and beside pictures without classes are none, and hidden ones are passed over.
    const others = { 'notes/': text(''), 'set/a/empty/': text(''), 'set/.git/': text('') };
    expect(load({ 'set/a/1.png': png(1), 'set/c/2.png': png(2), ...others }).classNames).toEqual(['a', 'c']);
    expect(load({ '1.png': png(1), 'empty/': text('') }).labels).toHaveLength(0);
  });

  test.each<[string, string]>([
    ['a list', '{"labels": [["x/1.png", 3], ["x/2.png", 0]]}'],
    ['a list of vectors', '{"labels": [["x/1.png", [0, 0, 0, 1]], ["x/2.png", [1, 0, 0, 0]]]}'],
    ['an object', '{"labels": {"x/1.png": 3, "x/2.png": 0}}'],
    ['an object, as editors on Windows save it', '\ufeff{\r\n"labels": {"x/1.png": 3, "x/2.png": 0}\r\n}\r\n'],
  ])('takes the classes of dataset.json from %s', (_what, description) => {
    expect([...load({ 'x/1.png': png(1), 'x/2.png': png(2), 'dataset.json': text(description) }).labels]).toEqual([3, 0]);
  });

  test('a vector that is not one class is refused', () => {
    const files = { '1.png': png(1), 'dataset.json': text('{"labels": [["1.png", [0.5, 0.5]]]}') };
    expect(() => load(files)).toThrow("entry 0 of 'labels'");
  });

  test('has classes by the beginnings of file names, or none, at any depth', () => {
    const files = { 'dog_1.png': png(1), 'deep/cat_2.png': png(2), 'cat_3.png': png(3) };
    const set = load(files, { classes: 'prefix' });
    expect(set.classNames).toEqual(['cat', 'dog']);
    expect(seen(set)).toEqual([
      [3, 0],
      [2, 0],
      [1, 1],
    ]);
    expect(load(files, { classes: 'none' }).labels).toHaveLength(0);
    expect(() => load({ 'dog.png': png(1) }, { classes: 'prefix' })).toThrow('its name has no class before a _');
  });

  test('has a fingerprint that another file, name or class changes', () => {
    const sets: readonly Files[] = [
      { 'a/1.png': png(1), 'b/2.png': png(2) },
      { 'a/1.png': png(1), 'b/2.png': png(2) },
      { 'a/1.png': png(1), 'b/3.png': png(2) },
      { 'a/1.png': png(1), 'a/2.png': png(2) },
      { 'a/1.png': png(1), 'b/2.png': encode({ width: 2, height: 2, channels: 1, depth: 8, data: Uint8Array.of(9, 200, 31, 4) }) },
    ];
    const prints = sets.map((files) => load(files).fingerprint?.());
    expect(prints[0]).toMatch(/^[\da-f]{64}$/);
    expect(prints[1]).toBe(prints[0]);
    expect(new Set(prints).size).toBe(4);
  });
});

test('links to files and folders are followed, those to nothing or upwards are counted', () => {
  const folder = folderOf({ 'set/a/1.png': png(1), 'elsewhere/2.png': png(2), 'elsewhere/3.png': png(3) });
  symlinkSync('../elsewhere', join(folder, 'set', 'b'));
  symlinkSync('../../elsewhere/3.png', join(folder, 'set', 'a', 'z.png'));
  symlinkSync('..', join(folder, 'set', 'a', 'up'));
  symlinkSync('nowhere', join(folder, 'set', 'gone.png'));
  const set = loadImageFolder(join(folder, 'set'));
  expect(seen(set)).toEqual([
    [1, 0],
    [3, 0],
    [2, 1],
    [3, 1],
  ]);
  expect(set.leftOut).toEqual([
    { kind: 'links to a folder above them', count: 1, example: 'a/up' },
    { kind: 'links to nothing', count: 1, example: 'gone.png' },
  ]);
});
