import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { scratchFolder } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';
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
  const planned = (await tractHere(...line, '--dry-run')).out;
  for (const part of found.replace(' images', ' images; a batch [4, 28, 28, 1]').split('\n')) expect(planned).toContain(part);
  const { code, out, err } = await tractHere(...line);
  expect(code).toBe(0);
  expect(err.startsWith(found)).toBe(true);
  expect(out).toMatch(/: teacher after 8 images in \d+ s\nto train it longer, .* --resume --override --images 16\n$/);
  expect(await tractHere(...line, '--resume', '--override', '--images', '16', '--silent')).toMatchObject({ code: 0 });
  const config = readFileSync(join(run, 'model/config.json'), 'utf8');
  const card = readFileSync(join(run, 'model/README.md'), 'utf8');
  expect(JSON.parse(config)).toMatchObject({ data: 'folder' });
  expect(card).toContain('--data folder=PATH --images 16 --batch 4 --flip');
  expect(card).toContain('half of them mirrored');
  for (const text of [config, card]) expect(text).not.toContain(scratch.path);
});

test('classes of folders are told; a network of more is asked for a flag, and a resumed run for the same images', async () => {
  const images = writePictures('classes', 28);
  const run = join(scratch.path, 'classes-run');
  const settings = ['--preset', 'mnist-tiny', '--data', `folder=${images}`, '--images', '4', '--batch', '4', '--samples', '0'];
  const train = (...more: string[]) => tractHere('train', ...settings, '--out', run, ...more);
  expect(await train('--set', 'network.classes=10', '--silent')).toMatchObject({
    code: 3,
    err: expect.stringContaining('has 2 classes, the network knows 10'),
  });
  const first = await train('--set', 'network.classes=10', '--fewer-classes');
  expect(first.code).toBe(0);
  expect(first.err).toContain(`folder=${images}, 4 images\nclasses       2: 0 3, 1 5\n`);
  const { data } = JSON.parse(readFileSync(join(run, 'checkpoints/step-1/state.json'), 'utf8'));
  expect(data).toMatchObject({ images: 4, classes: 2 });
  writeFileSync(join(images, '5', 'c.png'), readFileSync(join(images, '5', 'a.png')));
  const again = ['--set', 'network.classes=10', '--fewer-classes', '--silent', '--resume', 'latest'];
  const refused = await train(...again);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toMatch(
    /^error: .*step-1 was trained on other images: 4 images in 2 classes, now 5 images in 2 classes, .*--override.*\n$/,
  );
  expect(await train(...again, '--override')).toMatchObject({ code: 0, err: expect.stringContaining('now 5 images') });
});
