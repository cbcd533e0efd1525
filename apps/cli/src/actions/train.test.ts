import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@tract/checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, scratchFolder, startTract, until } from '../testing/tract.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);
const settings = ['--preset', 'mnist-tiny', '--images', '120', '--batch', '2', '--threads', '1', '--silent'];
const train = (run: string, ...more: string[]) => startTract(['train', '--out', folder(run), ...settings, ...more], env);

/** One run from start to end, and one that was stopped on its way. */
beforeAll(async () => {
  const whole = train('whole', '--json');
  const stopped = train('stopped');
  await until(stopped, () => readLog(folder('stopped')).length > 0);
  stopped.child.kill('SIGTERM');
  expect(await stopped.ended).toMatchObject({
    code: 130,
    stdout: '',
    stderr: expect.stringMatching(/^error: stopped by SIGTERM after \d+ images; the checkpoint is written, --resume goes on from it\n$/),
  });
  const { code, stdout, stderr } = await whole.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ run: folder('whole'), model: folder('whole/model'), images: 120 });
}, 120_000);
afterAll(scratch.remove);

test('training leaves a model folder that other tools can read, a checkpoint and a log, and no lock', () => {
  expect(readdirSync(folder('whole')).sort()).toEqual(['checkpoint', 'config.json', 'model', 'stats.jsonl']);
  expect(readdirSync(folder('whole/model')).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
  const config = JSON.parse(readFileSync(folder('whole/model/config.json'), 'utf8'));
  expect(config).toMatchObject({ format: 'tract-model', prediction: 'v', recipe: { images: 120, batch: 2, seed: 0 } });
  const { tensors } = readSafetensors(readFileSync(folder('whole/model/model.safetensors')));
  expect([...tensors.values()].every(({ dtype }) => dtype === 'F32')).toBe(true);
  expect(readLog(folder('whole')).map(({ step }) => step)).toEqual([20, 40, 60]);
});

test('a finished run is not touched again', async () => {
  const before = readFileSync(folder('whole/checkpoint/state.json'));
  expect(await train('whole', '--resume').ended).toMatchObject({
    code: 2,
    stderr: `error: --out ${folder('whole')} is a finished run of 120 images; choose another folder\n`,
  });
  expect(readFileSync(folder('whole/checkpoint/state.json'))).toEqual(before);
});

test('a run goes on with --resume only, and with the settings it was started with', async () => {
  expect(await train('stopped').ended).toMatchObject({
    code: 2,
    stderr: `error: --out ${folder('stopped')} is an unfinished run; add --resume to go on, or choose another folder\n`,
  });
  expect(await train('stopped', '--resume', '--lr', '0.5').ended).toMatchObject({
    code: 2,
    stderr: `error: ${folder('stopped')} was started with learningRate 0.001, this command says 0.5; keep the settings or choose another --out\n`,
  });
});

test('a damaged checkpoint is refused', async () => {
  cpSync(folder('stopped'), folder('damaged'), { recursive: true });
  const path = folder('damaged/checkpoint/state.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
  expect(await train('damaged', '--resume').ended).toMatchObject({
    code: 3,
    stderr: `error: ${path} is damaged: its bytes are not those that were written; restore the file from a copy or start again\n`,
  });
});

test('a second trainer in the folder is turned away', async () => {
  writeFileSync(folder('stopped/lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
  expect(await train('stopped', '--resume').ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `error: ${folder('stopped')} is in use by process ${process.pid} on ${hostname()}; let it end, or remove ${folder('stopped/lock')} if that is no tract\n`,
  });
});

test('a stopped run takes the lock of a dead process over, and ends in the same bytes as one that was not stopped', async () => {
  writeFileSync(folder('stopped/lock'), JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname() }));
  expect(await train('stopped', '--resume').ended).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(folder('stopped')).sort()).toEqual(readdirSync(folder('whole')).sort());
  for (const file of ['model/model.safetensors', 'model/config.json', 'checkpoint/state.safetensors', 'config.json']) {
    expect(readFileSync(folder(`stopped/${file}`)).equals(readFileSync(folder(`whole/${file}`))), file).toBe(true);
  }
  const withoutClock = (run: string) => readLog(folder(run)).map((line) => ({ ...line, seconds: 0 }));
  expect(withoutClock('stopped')).toEqual(withoutClock('whole'));
});
