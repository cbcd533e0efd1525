import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpz } from '@tract/checkpoint';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder, startTract, tract, until } from '../testing/tract.js';
import { endedHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);
const model = folder('run/model');
const sample = (out: string, ...more: string[]) => endedHere(['sample', model, '--out', folder(out), '--threads', '1', ...more], env);

async function imagesOf(name: string) {
  const array = (await readNpz(readFileSync(folder(name)))).get('images')!;
  return { ...array, bytes: Buffer.from(array.data as Uint8Array) };
}

beforeAll(async () => {
  const { code } = await endedHere(
    ['train', '--preset', 'mnist-tiny', '--images', '8', '--batch', '4', '--out', folder('run'), '--silent'],
    env,
  );
  expect(code).toBe(0);
});
afterAll(scratch.remove);

test('an image depends on the seed and its number, not on the batch it is drawn in or how many there are', async () => {
  const options = ['--steps', '2', '--seed', '5', '--silent'];
  const runs = [
    await sample('a.npz', ...options, '--count', '10', '--batch', '10'),
    await sample('b.npz', ...options, '--count', '10', '--batch', '3'),
    await sample('c.npz', ...options, '--count', '4', '--batch', '1', '--threads', '2'),
    await sample('d.npz', '--steps', '2', '--seed', '6', '--silent', '--count', '10'),
  ];
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(Array(4).fill([0, '']));
  const [a, b, c, d] = await Promise.all(['a.npz', 'b.npz', 'c.npz', 'd.npz'].map(imagesOf));
  expect([a.dtype, a.shape]).toEqual(['U8', [10, 28, 28, 1]]);
  expect(b.bytes.equals(a.bytes)).toBe(true);
  expect(c.bytes.equals(a.bytes.subarray(0, 4 * 784))).toBe(true);
  expect(d.bytes.equals(a.bytes)).toBe(false);
});

test('a grid, a folder of PNGs and one JSON value say the same', async () => {
  const { stdout, stderr } = await sample('grid.png', '--steps', '1', '--count', '5', '--seed', '5', '--json');
  expect(stderr).toMatch(/^5\/5 images \(100%\)/);
  expect(JSON.parse(stdout)).toMatchObject({
    model,
    out: folder('grid.png'),
    count: 5,
    steps: 1,
    nfe: 1,
    seed: 5,
    backend: { name: 'native' },
  });
  const grid = decode(readFileSync(folder('grid.png')));
  // Three columns and two rows of 28 pixels with 4 between and around them.
  expect([grid.width, grid.height, grid.channels]).toEqual([4 + 3 * 32, 4 + 2 * 32, 1]);
  await sample('pngs', '--steps', '1', '--count', '5', '--seed', '5', '--silent');
  expect(readdirSync(folder('pngs'))).toEqual([0, 1, 2, 3, 4].map((i) => `00000${i}.png`));
  const fourth = decode(readFileSync(folder('pngs/000003.png'))).data;
  const row = (y: number) => grid.data.slice((4 + 32 + y) * grid.width + 4, (4 + 32 + y) * grid.width + 32);
  expect(Array.from({ length: 28 }, (_, y) => [...row(y)]).flat()).toEqual([...fourth]);
});

test('Ctrl-C while drawing leaves no file', async () => {
  const drawing = startTract(['sample', model, '--steps', '1024', '--count', '64', '--out', folder('never.npz')], env);
  await until(drawing, () => drawing.stderr().includes('images'));
  drawing.child.kill('SIGINT');
  const { code, stdout, stderr } = await drawing.ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(/\nerror: stopped by SIGINT; nothing was written\n$/);
  expect(readdirSync(scratch.path).filter((name) => name.startsWith('never'))).toEqual([]);
});

test("without options a model draws in its own steps, into a new file with its name, or with its run's", async () => {
  const drawn = await tract(['sample', model, '--count', '1', '--silent', '--json'], env, scratch.path);
  expect(JSON.parse(drawn.stdout)).toMatchObject({ steps: 64, out: 'run.png' });
  expect(await tract(['sample', model, '--count', '1'], env, scratch.path)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('run.png is there already: choose a name, --out run.png to replace it'),
  });
  cpSync(model, folder('stepless'), { recursive: true });
  const config = JSON.parse(readFileSync(folder('stepless/config.json'), 'utf8'));
  writeFileSync(folder('stepless/config.json'), JSON.stringify({ ...config, samplingSteps: [] }));
  const refused = await tract(['sample', 'stepless'], env, scratch.path);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('add --steps, such as --steps 64') });
});
