import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@tract/checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, scratchFolder, startTract, tract, until } from '../testing/tract.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: join(scratch.path, 'digits') };
const settings = ['--preset', 'mnist-tiny', '--images', '200', '--batch', '2', '--silent'];
const folder = (name: string): string => join(scratch.path, name);
const train = (run: string, ...more: string[]) => startTract(['train', '--out', folder(run), ...settings, ...more], env);

beforeAll(async () => {
  writeTinyDigits(env.TRACT_MNIST);
  const { code, stderr, stdout } = await train('whole', '--json').ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ run: folder('whole'), model: folder('whole/model'), images: 200 });
});
afterAll(scratch.remove);

test('training leaves a model folder that other tools can read, a checkpoint and a log, and no lock', () => {
  expect(readdirSync(folder('whole')).sort()).toEqual(['checkpoint', 'config.json', 'model', 'stats.jsonl']);
  expect(readdirSync(folder('whole/model')).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
  const config = JSON.parse(readFileSync(folder('whole/model/config.json'), 'utf8'));
  expect(config).toMatchObject({ format: 'tract-model', prediction: 'v', recipe: { images: 200, batch: 2, seed: 0 } });
  const { tensors } = readSafetensors(readFileSync(folder('whole/model/model.safetensors')));
  expect([...tensors.values()].reduce((sum, { data }) => sum + data.length, 0)).toBe(32_865);
  expect(readLog(folder('whole')).map(({ step }) => step)).toEqual([20, 40, 60, 80, 100]);
});

test('a run that is stopped by SIGTERM and resumed ends in the same bytes as one that was not', async () => {
  const first = train('stopped');
  await until(first, () => readLog(folder('stopped')).length > 0);
  first.child.kill('SIGTERM');
  const { code, stderr, stdout } = await first.ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toMatch(/^error: stopped by SIGTERM after \d+ images; the checkpoint is written, --resume goes on from it\n$/);
  expect(await train('stopped', '--resume').ended).toMatchObject({ code: 0, stderr: '' });
  for (const file of ['model/model.safetensors', 'model/config.json', 'checkpoint/state.safetensors', 'config.json']) {
    expect(readFileSync(folder(`stopped/${file}`)).equals(readFileSync(folder(`whole/${file}`))), file).toBe(true);
  }
  const withoutClock = (run: string) => readLog(folder(run)).map((line) => ({ ...line, seconds: 0 }));
  expect(withoutClock('stopped')).toEqual(withoutClock('whole'));
});

test('a second trainer in the same folder is turned away, the first one is not disturbed', async () => {
  const first = train('shared');
  await until(first, () => readLog(folder('shared')).length > 0);
  const second = await train('shared', '--resume').ended;
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toBe(
    `error: ${folder('shared')} is in use by process ${first.child.pid} on ${hostname()}; let it end, or remove ${folder('shared/lock')} if it is no tract any more\n`,
  );
  expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
});

test('a finished run is not touched again', async () => {
  const before = readFileSync(folder('whole/checkpoint/state.json'));
  for (const more of [[], ['--resume']]) {
    const { code, stderr } = await train('whole', ...more).ended;
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `error: --out ${folder('whole')} is a finished run of 200 images; choose another folder\n`,
    });
  }
  expect(readFileSync(folder('whole/checkpoint/state.json'))).toEqual(before);
});

test('a damaged checkpoint is refused', async () => {
  const first = train('damaged', '--checkpoint-every', '2');
  await until(first, () => readLog(folder('damaged')).length > 0);
  first.child.kill('SIGKILL');
  await first.ended;
  const path = folder('damaged/checkpoint/state.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
  const { code, stderr } = await tract(['train', '--out', folder('damaged'), ...settings, '--checkpoint-every', '2', '--resume'], env);
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: `error: ${path} is damaged: its bytes are not those that were written; restore the file from a copy or start again\n`,
  });
});
