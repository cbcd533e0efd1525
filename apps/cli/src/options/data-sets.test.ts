import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { scratchFolder, tract } from '../testing/tract.js';
import { checkSet } from './data-sets.js';

const scratch = scratchFolder();
afterAll(scratch.remove);

test('the nearest data set is named', () => {
  expect(() => checkSet('mnits:test')).toThrow('did you mean mnist?');
  expect(() => checkSet('mnist:tets')).toThrow('did you mean test?');
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

test('a training on a folder says its classes and what was left out; its model does not tell where they were', async () => {
  const images = writePictures('pictures', 28);
  writeFileSync(join(images, 'notes.txt'), 'none of them');
  const run = join(scratch.path, 'run');
  const line = ['train', '--preset', 'mnist-tiny', '--data', `folder=${images}`, '--flip', '--images', '8', '--batch', '4', '--out', run];
  const found = `data          folder=${images}, 4 images\nclasses       2: 0 3, 1 5\nleft out      1 .txt files, such as notes.txt\n`;
  const planned = (await tract([...line, '--dry-run'])).stdout;
  for (const part of found.replace(' images', ' images; a batch [4, 28, 28, 1]').split('\n')) expect(planned).toContain(part);
  const { code, stdout, stderr } = await tract(line);
  expect(code).toBe(0);
  expect(stderr.startsWith(found)).toBe(true);
  expect(stdout).toMatch(/: teacher after 8 images in \d+ s\nto train it longer, .* --resume --override --images 16\n$/);
  expect(await tract([...line, '--resume', '--override', '--images', '16', '--silent'])).toMatchObject({ code: 0 });
  const config = readFileSync(join(run, 'model/config.json'), 'utf8');
  const card = readFileSync(join(run, 'model/README.md'), 'utf8');
  expect(JSON.parse(config)).toMatchObject({ data: 'folder' });
  expect(card).toContain('--data folder=PATH --images 16 --batch 4 --flip');
  expect(card).toContain('half of them mirrored');
  for (const text of [config, card]) expect(text).not.toContain(scratch.path);
});
