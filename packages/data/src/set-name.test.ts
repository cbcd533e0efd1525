import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { checkSetName, isSetName, loadSet, SetNameError, setKind, withoutPlace } from './set-name.js';

test('a data set is written NAME[:PART][=PATH]; the path may hold anything', () => {
  for (const set of [
    'mnist',
    'mnist:test',
    'mnist=a',
    'fashion-mnist:test',
    'cifar10=a:b=c',
    'imagenet64:val=a',
    'folder:64=a',
    'zip=a.zip',
    'folder:prefix=a',
    'zip:32,no-classes=a',
    'parquet=a-*',
    'webdataset:64=a',
  ])
    expect(() => checkSetName(set)).not.toThrow();
  expect([setKind('cifar10:test=a'), withoutPlace('cifar10:test=a=b'), withoutPlace('mnist:test')]).toEqual([
    'cifar10',
    'cifar10:test=PATH',
    'mnist:test',
  ]);
  expect(['mnist:test', 'folder=a', 'mnist', 'a/b:c', 'C:=x'].map(isSetName)).toEqual([true, true, false, false, false]);
});

test.each([
  'mnist:val',
  'cifar10',
  'imagenet64:test=a',
  'folder:0=a',
  'folder',
  'zip:64',
  'parquet',
  'folder:8,9=a',
  'folder:prefix,no-classes=a',
  'webdataset:prefix=a',
  'folder:=a',
  'mnist:',
  '=a',
  '',
  'constructor=a',
])("'%s' is no data set", async (set) => {
  expect(() => checkSetName(set)).toThrow(SetNameError);
  expect(() => checkSetName(set)).toThrow(/data set '/);
  await expect(loadSet(set)).rejects.toThrow(expect.objectContaining({ kind: 'name' }));
});

test('a wrong word comes with those that would do', () => {
  expect(() => checkSetName('mnits:test')).toThrow(expect.objectContaining({ word: 'mnits', known: expect.arrayContaining(['mnist']) }));
  expect(() => checkSetName('mnist:val')).toThrow(expect.objectContaining({ word: 'val', known: ['train', 'test'] }));
});

test('a folder is cropped to a size that its name gives', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tract-set-'));
  for (const name of ['a', 'b'])
    writeFileSync(join(folder, `${name}.png`), encode({ width: 32, height: 32, channels: 1, data: new Uint8Array(1024).fill(50) }));
  expect(await loadSet(`folder:28=${folder}`)).toMatchObject({ count: 2, height: 28, width: 28, channels: 1 });
  rmSync(folder, { recursive: true });
});

test("classes come from the folders, from OpenAI's CLASS_NAME.png, or not at all, as the name says", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tract-set-'));
  const png = encode({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
  for (const name of ['dog_0001.png', 'cat_0001.png', 'cat_0002.png']) writeFileSync(join(folder, name), png);
  expect(await loadSet(`folder:prefix=${folder}`)).toMatchObject({ labels: Uint16Array.of(0, 0, 1), classNames: ['cat', 'dog'] });
  expect((await loadSet(`folder:no-classes=${folder}`)).labels).toHaveLength(0);
  rmSync(folder, { recursive: true });
});

test("Fashion-MNIST is read from a folder of one's own in MNIST's files, and says which package has them", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tract-fashion-'));
  try {
    const idx = (shape: readonly number[], data: readonly number[]) =>
      Buffer.concat([Buffer.from([0, 0, 8, shape.length]), ...shape.map((side) => Buffer.from([0, 0, 0, side])), Buffer.from(data)]);
    writeFileSync(join(folder, 't10k-images-idx3-ubyte'), idx([2, 1, 2], [1, 2, 3, 4]));
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), idx([2], [9, 0]));
    const set = await loadSet('fashion-mnist:test', { fashionFolder: folder });
    expect(set).toMatchObject({ count: 2, height: 1, width: 2, labels: Uint8Array.of(9, 0) });
    await expect(loadSet('fashion-mnist', { fashionFolder: folder })).rejects.toThrow(/expected a file train-images-idx3-ubyte/);
    await expect(loadSet('fashion-mnist', { fashionFolder: join(folder, 'none') })).rejects.toThrow(
      /none: install Debian's package dataset-fashion-mnist, or write fashion-mnist:train=DIR/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
