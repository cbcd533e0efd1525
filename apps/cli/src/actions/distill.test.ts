import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@tract/checkpoint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { committedSteps } from '../testing/committed-steps.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, type Started, scratchFolder, startTract, until } from '../testing/tract.js';
import { endedHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);
// Two phases of 26 updates.
const settings = ['--schedule', '16,4,1', '--images', '104', '--batch', '2', '--threads', '1', '--silent'];
const distilling = (run: string, ...more: string[]) => [
  'distill',
  ...['--teacher', folder('teacher/model'), '--out', folder(run), ...settings, ...more],
];
/** A program of its own, to stop or to kill. */
const start = (run: string, ...more: string[]) => startTract(distilling(run, ...more), env);
const distill = (run: string, ...more: string[]) => endedHere(distilling(run, ...more), env);

beforeAll(async () => {
  const { code } = await endedHere(
    ['train', '--preset', 'mnist-tiny', '--images', '8', '--batch', '4', '--out', folder('teacher'), '--silent'],
    env,
  );
  expect(code).toBe(0);
});
afterAll(scratch.remove);

/** The bytes of a finished run. */
const results = (run: string) =>
  ['model/model.safetensors', 'model/config.json', 'checkpoints/step-52/state.safetensors'].map((file) =>
    readFileSync(folder(`${run}/${file}`), 'base64'),
  );

/** Wait until a run has logged update `from`. */
const reached = (process: Started, run: string, from: number) =>
  until(process, () => readLog(folder(run)).some(({ step }) => step >= from));

test('stopped before and after the phase border, a distillation ends in the same bytes as one that was not stopped', async () => {
  for (const [from, signal, more] of [
    [20, 'SIGINT', []],
    [40, 'SIGUSR1', ['--resume']],
  ] as const) {
    const run = start('stopped', ...more);
    await reached(run, 'stopped', from);
    run.child.kill(signal);
    expect(await run.ended).toMatchObject({ code: 130, stderr: expect.stringContaining(`stopped by ${signal} after`) });
  }
  const [last] = committedSteps(folder('stopped'));
  const state = readFileSync(folder(`stopped/checkpoints/step-${last}/state.json`), 'utf8');
  expect(JSON.parse(state)).toMatchObject({ counters: { phase: 1 } });
  expect(await distill('stopped', '--resume')).toMatchObject({ code: 0, stderr: '' });
  expect(await distill('whole')).toMatchObject({ code: 0, stderr: '' });
  expect(results('stopped')).toEqual(results('whole'));
});

test('a supervised run that is killed goes on by itself, to the same bytes; a signal for its supervisor stops it', async () => {
  const watch = () => start('watched', '--max-restarts', '2', '--resume', 'latest');
  const trainer = (): number => JSON.parse(readFileSync(folder('watched/lock'), 'utf8')).pid;
  const stopped = watch();
  await reached(stopped, 'watched', 20);
  stopped.child.kill('SIGTERM');
  expect(await stopped.ended).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/^error: stopped by SIGTERM after \d+ images, with a checkpoint; .*\n$/),
  });

  const killed = watch();
  await reached(killed, 'watched', 40);
  process.kill(trainer(), 'SIGKILL');
  const [last] = committedSteps(folder('watched'));
  expect(await killed.ended).toMatchObject({
    code: 0,
    stderr: `${folder('watched')} was killed by SIGKILL; restart 1 of 2 from update ${last}\n`,
  });
  expect(results('watched')).toEqual(results('whole'));
});

test.each([
  ['consistency', '16,1'],
  ['consistency-training', '16,1'],
  ['multistep-consistency', '16,4'],
  ['shortcut-training', '16,1'],
  ['split-mean-flow-training', '16,1'],
])('distils by %s', async (method, schedule) => {
  const { code, stderr } = await distill(method, '--method', method, '--schedule', schedule, '--images', '8');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(readFileSync(folder(`${method}/model/config.json`), 'utf8'))).toMatchObject({ recipe: { method } });
});

test.each(['shortcut', 'split-mean-flow'])(
  'by %s a network learns of both ends, goes on to the bit, and draws in several numbers of steps',
  async (method) => {
    const words = ['--method', method, '--schedule', '16,1', '--images', '60', '--lr', '0.01', '--checkpoint-every', '20'];
    const whole = folder(`${method}-whole`);
    const halves = start(`${method}-halves`, ...words);
    await reached(halves, `${method}-halves`, 8);
    halves.child.kill('SIGINT');
    expect((await halves.ended).code).toBe(130);
    expect(await distill(`${method}-halves`, ...words, '--resume')).toMatchObject({ code: 0, stderr: '' });
    expect(await distill(`${method}-whole`, ...words)).toMatchObject({ code: 0, stderr: '' });
    const weights = (run: string) => readFileSync(folder(`${run}/model/model.safetensors`));
    expect(weights(`${method}-halves`)).toEqual(weights(`${method}-whole`));
    expect(JSON.parse(readFileSync(join(whole, 'model/config.json'), 'utf8')).network).toMatchObject({ bothEnds: true });

    // One step is the jump to the clean end, two are two jumps; a sampler that asks at levels alone takes it as a denoiser.
    const draws = [
      ['--steps', '1'],
      ['--steps', '2'],
      ['--steps', '2', '--sampler', 'dpm-solver'],
    ];
    const pictures = new Set<string>();
    for (const [i, more] of draws.entries()) {
      const out = folder(`${method}-${i}.png`);
      const { code, stderr } = await endedHere(['sample', join(whole, 'model'), ...more, '--count', '4', '--out', out, '--silent'], env);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      pictures.add(readFileSync(out, 'base64'));
    }
    expect(pictures.size).toBe(3);
    const onnx = await endedHere(['convert', join(whole, 'model'), folder(`${method}.onnx`)], env);
    expect(onnx).toMatchObject({ code: 2, stderr: expect.stringContaining('is told both ends of a jump, for which onnx has no place') });
  },
);

test("the pseudo-Huber loss is of each pixel's difference, or of the smaller length of a whole image's", async () => {
  const losses: number[] = [];
  for (const over of ['elements', 'samples']) {
    const run = `huber-${over}`;
    const { code } = await distill(run, '--schedule', '16,1', '--images', '40', '--huber-width', '0.03', '--huber-over', over);
    expect(code).toBe(0);
    losses.push(JSON.parse(readFileSync(folder(`${run}/stats.jsonl`), 'utf8')).loss);
  }
  expect(losses[1]).toBeLessThan(losses[0] / 2);
  expect(readFileSync(folder('huber-samples/model/README.md'), 'utf8')).toContain('pseudo-Huber loss of width 0.03 over whole images');
});

test('more images start from the noisier places when told', async () => {
  const { code, stderr } = await distill('noisier', '--schedule', '16,1', '--images', '8', '--high-noise-fraction', '0.7');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readFileSync(folder('noisier/model/README.md'), 'utf8')).toMatch(/fraction of 0\.7 of the images.* --high-noise-fraction 0\.7/s);
  const refused = await distill('refused', '--high-noise-fraction', '1.5');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/--high-noise-fraction.*at most 1/) });
});

test('a loss that is not finite ends the run with one sentence and commits nothing', async () => {
  const path = folder('teacher/model/model.safetensors');
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  const name = [...tensors.keys()].find((key) => key.endsWith('bias'))!;
  tensors.get(name)!.data.fill(3e38 as never);
  writeFileSync(path, writeSafetensors(tensors, metadata));
  const { code, stdout, stderr } = await distill('diverged');
  expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
  expect(stderr).toMatch(
    /^error: the loss became \S+ \(gradient norm \S+\) at update \d+; nothing was written since the last checkpoint; go on from it with a lower --lr \(--resume --override\), or start again with one\n$/,
  );
  expect(committedSteps(folder('diverged'))).toEqual([]);
  expect(existsSync(folder('diverged/model'))).toBe(false);
});
