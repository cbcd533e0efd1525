import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@tract/checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { committedSteps } from '../testing/committed-steps.js';
import { expectSameRun, runDigests } from '../testing/run-digests.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, scratchFolder, startTract, until } from '../testing/tract.js';
import { endedHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);
const settings = [
  ...['--preset', 'mnist-tiny', '--images', '120', '--batch', '2', '--checkpoint-every', '14', '--samples', '1'],
  ...['--threads', '1', '--silent'],
];
const training = (run: string, ...more: string[]) => ['train', '--out', folder(run), ...settings, ...more];
/** A program of its own, to stop or to kill. */
const start = (run: string, ...more: string[]) => startTract(training(run, ...more), env);
const train = (run: string, ...more: string[]) => endedHere(training(run, ...more), env);

/** One run from start to end, and one that was stopped on its way. */
beforeAll(async () => {
  const whole = start('whole', '--json');
  const stopped = start('stopped');
  await until(stopped, () => readLog(folder('stopped')).length > 0);
  stopped.child.kill('SIGTERM');
  expect(await stopped.ended).toMatchObject({
    code: 130,
    stdout: '',
    stderr: expect.stringMatching(/^error: stopped by SIGTERM after \d+ images, with a checkpoint; --resume goes on from it\n$/),
  });
  const { code, stdout, stderr } = await whole.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ run: folder('whole'), model: folder('whole/model'), images: 120 });
});
afterAll(scratch.remove);

test('training leaves a model folder that other tools can read, a checkpoint and a log, and no lock', () => {
  expect(readdirSync(folder('whole')).sort()).toEqual([
    'checkpoints',
    'config.json',
    'environment.json',
    'loss.svg',
    'model',
    'samples',
    'stats.jsonl',
    'tensorboard',
  ]);
  expect(readdirSync(folder('whole/model')).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
  const config = JSON.parse(readFileSync(folder('whole/model/config.json'), 'utf8'));
  expect(config).toMatchObject({ format: 'tract-model', prediction: 'v', recipe: { images: 120, batch: 2, seed: 0 } });
  const { tensors } = readSafetensors(readFileSync(folder('whole/model/model.safetensors')));
  expect([...tensors.values()].every(({ dtype }) => dtype === 'F32')).toBe(true);
  expect(readLog(folder('whole')).map(({ step }) => step)).toEqual([20, 40, 60]);
});

test('a finished run is not touched again', async () => {
  const before = readFileSync(folder('whole/checkpoints/step-60/state.json'));
  expect(await train('whole', '--resume')).toMatchObject({
    code: 2,
    stderr: `error: ${folder('whole')} is a finished run of 120 images; choose another --out, or train it further with --resume --override and more --images\n`,
  });
  expect(readFileSync(folder('whole/checkpoints/step-60/state.json'))).toEqual(before);
});

test('the command of a finished run can be given again with --resume latest: it trains nothing and ends well', async () => {
  const files = runDigests(folder('whole'));
  rmSync(folder('whole/loss.svg'));
  expect(await train('whole', '--resume', 'latest')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/model: teacher after 120 images in \d+ s\nto train it longer, .* --images 240\n$/),
  });
  expect(runDigests(folder('whole'))).toEqual(files);
});

test('a run goes on with --resume only, and with the settings it was started with', async () => {
  expect(await train('stopped')).toMatchObject({
    code: 2,
    stderr: `error: ${folder('stopped')} is an unfinished run; add --resume to go on, or choose another --out\n`,
  });
  expect(await train('stopped', '--resume', '--lr', '0.5')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /stopped\S* was started with other settings: learningRate 0.001 -> 0.5; keep those it has, take the new ones with --override, or choose another --out\n$/,
    ),
  });
  expect(await train('stopped', '--resume', '--override', '--batch', '4')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('error: batch 2 -> 4 cannot be overridden: '),
  });
});

test('a finished run goes on with --override; a damaged checkpoint of it is passed over and made again', async () => {
  cpSync(folder('whole'), folder('longer'), { recursive: true });
  const path = folder('longer/checkpoints/step-60');
  const bytes = readFileSync(join(path, 'state.safetensors'));
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(join(path, 'state.safetensors'), bytes);
  writeFileSync(folder('longer/config.json.tmp'), 'cut sh');
  expect(await train('longer', '--resume', '--override', '--lr', '0.0005')).toMatchObject({
    code: 0,
    stderr: [
      `warning: ${path} is damaged: state.safetensors is not what was written; it is passed over\n`,
      'warning: going on with other settings: learningRate 0.001 -> 0.0005\n',
    ].join(''),
  });
  expect(readdirSync(folder('longer')).sort()).toEqual(readdirSync(folder('whole')).sort());
  expect(JSON.parse(readFileSync(folder('longer/config.json'), 'utf8'))).toMatchObject({ settings: { learningRate: 0.0005 } });
  expect(readLog(folder('longer')).map(({ step }) => step)).toEqual([20, 40, 60]);
});

test('a second trainer in the folder is turned away', async () => {
  writeFileSync(folder('stopped/lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
  // Another process: this one holds the lock.
  expect(await start('stopped', '--resume').ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `error: ${folder('stopped')} is in use by process ${process.pid} on ${hostname()}; let it end, or remove ${folder('stopped/lock')} if that is no training\n`,
  });
});

test('a stopped run takes the lock of a dead process over, and ends in the same bytes as one that was not stopped', async () => {
  writeFileSync(folder('stopped/lock'), JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid, host: hostname() }));
  expect(await train('stopped', '--resume')).toMatchObject({ code: 0, stderr: '' });
  expectSameRun(folder('stopped'), folder('whole'));
});

test('so does one that is killed at any update, and one that starts from a checkpoint of another or goes back', async () => {
  // Before the first checkpoint, at one, and between two.
  for (const updates of [0, 7, 31]) {
    const run = start('killed', '--resume', 'latest');
    await until(run, () =>
      updates === 0 ? existsSync(folder('killed/config.json')) : committedSteps(folder('killed')).some((step) => step >= updates),
    );
    run.child.kill('SIGKILL');
    expect(await run.ended).toMatchObject({ signal: 'SIGKILL' });
  }
  expect(await train('killed', '--resume', 'latest')).toMatchObject({ code: 0, stderr: '' });
  expectSameRun(folder('killed'), folder('whole'));

  // A new run from there, and from its own copy of that once more.
  for (const from of ['whole', 'back']) {
    const last = 'checkpoints/step-60/state.safetensors';
    expect(await train('back', '--resume', folder(`${from}/checkpoints/step-56`))).toMatchObject({ code: 0, stderr: '' });
    expect(runDigests(folder('back'))[last]).toBe(runDigests(folder('whole'))[last]);
  }
  expect(await train('back', '--resume', folder('whole/checkpoints/step-56'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`is not a checkpoint of ${folder('back')}`),
  });
});
