import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { scratchFolder, tract } from '../testing/tract.js';
import { checkSet, loadSet, setName, withoutPlace } from './data-sets.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

test('a data set is written NAME[:PART][=PATH]; the path may hold anything', () => {
  for (const spec of ['mnist', 'mnist:test', 'mnist=a', 'cifar10=a:b=c', 'imagenet64:val=a', 'folder:64=a', 'zip=a.zip'])
    expect(checkSet(spec)).toBe(spec);
  expect([setName('cifar10:test=a'), withoutPlace('cifar10:test=a=b'), withoutPlace('mnist:test')]).toEqual([
    'cifar10',
    'cifar10:test=PATH',
    'mnist:test',
  ]);
  for (const spec of ['mnist:val', 'cifar10', 'imagenet64:test=a', 'folder:0=a', 'folder', 'zip:64', 'mnist:', '=a', '', 'constructor=a'])
    expect(() => checkSet(spec)).toThrow(/data set '/);
  expect(() => checkSet('mnits:test')).toThrow('did you mean mnist?');
});

function writePictures(folder: string, size: number): string {
  const path = join(scratch.path, folder);
  for (const [i, digit] of ['3', '5'].entries()) {
    mkdirSync(join(path, digit), { recursive: true });
    const data = new Uint8Array(size * size).fill(100 * i + 50);
    for (const name of ['a', 'b'])
      writeFileSync(join(path, digit, `${name}.png`), encode({ width: size, height: size, channels: 1, data }));
  }
  return path;
}

test('a folder is cropped to a size that its name gives', async () => {
  const set = await loadSet(`folder:28=${writePictures('large', 32)}`);
  expect([set.count, set.height, set.width, set.channels, [...set.labels]]).toEqual([4, 28, 28, 1, [0, 0, 1, 1]]);
});

test('a teacher is trained on a folder of images, and its model does not tell where they were', async () => {
  const images = writePictures('pictures', 28);
  const run = join(scratch.path, 'run');
  const line = [
    'train',
    '--preset',
    'mnist-tiny',
    '--data',
    `folder=${images}`,
    '--flip',
    '--images',
    '8',
    '--batch',
    '4',
    '--out',
    run,
    '--silent',
  ];
  expect(await tract(line)).toMatchObject({ code: 0, stderr: '' });
  const config = readFileSync(join(run, 'model/config.json'), 'utf8');
  const card = readFileSync(join(run, 'model/README.md'), 'utf8');
  expect(JSON.parse(config)).toMatchObject({ data: 'folder' });
  expect(card).toContain('--data folder=PATH --images 8 --batch 4 --flip');
  expect(card).toContain('half of them mirrored');
  for (const text of [config, card]) expect(text).not.toContain(scratch.path);
});
