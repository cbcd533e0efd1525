import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@tract/checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, scratchFolder, startTract, tract, until } from '../testing/tract.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);
// Two phases of 26 updates.
const settings = ['--schedule', '16,4,1', '--images', '104', '--batch', '2', '--threads', '1', '--silent'];
const distill = (run: string, ...more: string[]) =>
  startTract(['distill', '--teacher', folder('teacher/model'), '--out', folder(run), ...settings, ...more], env);

beforeAll(async () => {
  const { code } = await tract(
    ['train', '--preset', 'mnist-tiny', '--images', '8', '--batch', '4', '--out', folder('teacher'), '--silent'],
    env,
  );
  expect(code).toBe(0);
}, 120_000);
afterAll(scratch.remove);

test('stopped before and after the phase border, a distillation ends in the same bytes as one that was not stopped', async () => {
  const whole = distill('whole');
  for (const [from, more] of [
    [20, []],
    [40, ['--resume']],
  ] as const) {
    const run = distill('stopped', ...more);
    await until(run, () => readLog(folder('stopped')).some(({ step }) => step >= from));
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 130 });
  }
  expect(JSON.parse(readFileSync(folder('stopped/checkpoint/state.json'), 'utf8'))).toMatchObject({ counters: { phase: 1 } });
  expect(await distill('stopped', '--resume').ended).toMatchObject({ code: 0, stderr: '' });
  expect(await whole.ended).toMatchObject({ code: 0, stderr: '' });
  for (const file of ['model/model.safetensors', 'model/config.json', 'checkpoint/state.safetensors']) {
    expect(readFileSync(folder(`stopped/${file}`)).equals(readFileSync(folder(`whole/${file}`))), file).toBe(true);
  }
});

test.each([
  ['consistency', '16,1'],
  ['consistency-training', '16,1'],
  ['multistep-consistency', '16,4'],
])('distils by %s', async (method, schedule) => {
  const { code, stderr } = await distill(method, '--method', method, '--schedule', schedule, '--images', '8').ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(readFileSync(folder(`${method}/model/config.json`), 'utf8'))).toMatchObject({ recipe: { method } });
});

test('a loss that is not finite ends the run with one sentence and commits nothing', async () => {
  const path = folder('teacher/model/model.safetensors');
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  const name = [...tensors.keys()].find((key) => key.endsWith('bias'))!;
  tensors.get(name)!.data.fill(3e38 as never);
  writeFileSync(path, writeSafetensors(tensors, metadata));
  const { code, stdout, stderr } = await distill('diverged').ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^error: the loss became \S+ \(gradient norm \S+\) at update \d+; nothing was written since the last checkpoint; start a new run with a lower --lr\n$/,
  );
  expect(existsSync(folder('diverged/checkpoint'))).toBe(false);
  expect(existsSync(folder('diverged/model'))).toBe(false);
});
