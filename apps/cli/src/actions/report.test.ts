import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords, valuesOf } from '@tract/report/testing';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { readLog, scratchFolder, startTract, until } from '../testing/tract.js';
import { endedHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits')) };
const folder = (name: string): string => join(scratch.path, name);

const distill = (...more: string[]) => {
  const settings = ['--schedule', '16,4,1', '--images', '160', '--batch', '2', '--checkpoint-every', '80', '--samples', '4'];
  return ['distill', '--teacher', folder('teacher/model'), '--out', folder('run'), ...settings, '--threads', '1', '--silent', ...more];
};

/** A distillation of two phases of 40 updates each, stopped between two checkpoints and continued. */
beforeAll(async () => {
  const teacher = await endedHere(
    ['train', '--preset', 'mnist-tiny', '--images', '8', '--batch', '4', '--out', folder('teacher'), '--silent'],
    env,
  );
  expect(teacher).toMatchObject({ code: 0, stderr: '' });
  const stopped = startTract(distill(), env);
  await until(stopped, () => existsSync(folder('run/samples/step-00000040.png')));
  stopped.child.kill('SIGINT');
  expect((await stopped.ended).code).toBe(130);
  // What a process that was killed leaves behind: a line of updates that will be done again, and one that is cut short.
  const log = join(folder('run'), 'stats.jsonl');
  writeFileSync(log, `${readFileSync(log, 'utf8')}${JSON.stringify({ step: 79, images: 158 })}\n{"step":`);
  writeFileSync(folder('run/samples/step-00000079.png'), 'of later updates');
  expect(await endedHere(distill('--resume'), env)).toMatchObject({ code: 0, stderr: '' });
});
afterAll(scratch.remove);

describe('a run that was stopped and goes on', () => {
  test('has a line for every 20 updates, once, with all that the schema names', () => {
    const lines = readLog(folder('run'));
    expect(lines.map(({ step }) => step)).toEqual([20, 40, 60, 80]);
    for (const line of lines) {
      expect(Object.keys(line).sort()).toEqual(
        [
          'step',
          'images',
          'phase',
          'loss',
          'gradNorm',
          'learningRate',
          'emaMomentum',
          'imagesPerSecond',
          'dataWait',
          'rssBytes',
          'seconds',
          'time',
        ].sort(),
      );
    }
    expect(lines[0]).toMatchObject({ images: 40, phase: '16->4' });
    expect(lines[3]).toMatchObject({ images: 160, phase: '4->1' });
  });

  test('shows every update once in its one event file', () => {
    const names = readdirSync(folder('run/tensorboard'));
    expect(names).toHaveLength(1);
    const values = valuesOf(readRecords(readFileSync(join(folder('run/tensorboard'), names[0]))));
    const losses = values.filter(({ tag }) => tag === 'loss');
    expect(losses.map(({ step, scalar }) => [step, scalar])).toEqual(
      readLog(folder('run')).map((line) => [line.step, Math.fround((line as unknown as { loss: number }).loss)]),
    );
    expect(values.filter(({ tag }) => tag === 'samples').map(({ step }) => step)).toEqual([40, 80]);
    expect(values[0].tag).toBe('config');
  });

  test('draws a grid at each checkpoint, which says how it was made, and its loss', () => {
    expect(readdirSync(folder('run/samples'))).toEqual(['step-00000040.png', 'step-00000080.png']);
    const { width, height, text } = decode(readFileSync(folder('run/samples/step-00000080.png')));
    // Two by two images of 28 pixels, each pixel twice as wide, 4 between and around them.
    expect([width, height]).toEqual([124, 124]);
    expect(text?.Description).toBe('after 160 training images: 1 step of ddim, seed 0');
    expect(JSON.parse(text!.Settings)).toMatchObject({
      step: 80,
      images: 160,
      steps: 1,
      seed: 0,
      run: { command: 'distill', settings: { batch: 2 } },
    });
    expect(readFileSync(folder('run/loss.svg'), 'utf8')).toMatch(/^<svg .*4-&gt;1.*<\/svg>\n$/s);
  });
});

describe('tract report', () => {
  const out = folder('report.html');
  let page = '';
  beforeAll(async () => {
    const { code, stdout, stderr } = await endedHere(
      ['report', folder('run'), '--out', out, '--steps', '1,2', '--count', '4', '--scores', '8', '--threads', '1', '--silent', '--json'],
      env,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const drawings = JSON.parse(stdout).drawings as { model: string; steps: number; frechet_distance: number }[];
    expect(drawings.map(({ model, steps }) => [model, steps])).toEqual([
      ['teacher', 1],
      ['teacher', 2],
      ['teacher', 64],
      ['student', 1],
      ['student', 2],
    ]);
    expect(drawings.every(({ frechet_distance }) => frechet_distance > 0)).toBe(true);
    page = readFileSync(out, 'utf8');
  });

  test('shows samples, scores, curves, settings, machine and the command', () => {
    const headings = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(headings).toEqual(['Samples', 'Scores', 'Curves', 'On the way', 'To repeat it', 'Configuration', 'Environment']);
    const pictures = [...page.matchAll(/<img src="data:image\/png;base64,([^"]*)" alt="([^"]*)">/g)];
    expect(pictures.map(([, , caption]) => caption)).toContain('student, 1 step (1 network call)');
    for (const [, base64] of pictures) expect(decode(Buffer.from(base64, 'base64')).width).toBe(124);
    expect(pictures).toHaveLength(5 + 2);
    expect(page.match(/<svg /g)).toHaveLength(7);
    expect(page).toMatch(/<pre>tract distill --preset \S+ .*--schedule 16,4,1.* --out RUN<\/pre>/);
    expect(page).toContain(process.version);
  });

  test('refers to nothing outside of itself', () => {
    const inside = page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    expect(inside).not.toMatch(/https?:|\b(?:href|srcset|action)=|@import|url\(|<(?:script|link|iframe|object|embed|base)\b/);
    expect([...inside.matchAll(/\bsrc="(.{10})/g)].every(([, start]) => start === 'data:image')).toBe(true);
  });

  test('is shown by a browser, in which all pictures load', (context) => {
    const browser = process.env.TRACT_BROWSER ?? '/usr/bin/chromium';
    if (!existsSync(browser)) return context.skip(`there is no ${browser}; TRACT_BROWSER names another browser of Chromium's kind`);
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${folder('browser')}`,
      '--window-size=1200,3000',
      `--screenshot=${folder('page.png')}`,
    ];
    const { status, stderr } = spawnSync(browser, [...args, `file://${out}`], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stderr).not.toMatch(/Content Security Policy|ERR_/);
    // What is drawn is more than a page of one colour.
    const { data, channels } = decode(readFileSync(folder('page.png')));
    const colours = new Set(Array.from({ length: data.length / channels }, (_, i) => data.slice(i * channels, i * channels + 3).join()));
    expect(colours.size).toBeGreaterThan(50);
  });

  test('leaves a teacher out that is no longer there, and says so', async () => {
    const config = folder('run/config.json');
    const before = readFileSync(config, 'utf8');
    writeFileSync(config, before.replaceAll(folder('teacher/model'), '<gone>'));
    const { code, stdout } = await endedHere(['report', folder('run'), '--steps', '1', '--count', '1', '--silent'], env);
    writeFileSync(config, before);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The teacher is not shown: no model '<gone>'.*\n.*report\.html: report on /);
    expect(readFileSync(folder('run/report.html'), 'utf8')).toContain('no model &#39;&lt;gone&gt;&#39;');
  });
});

test('tract watch prints an address under which the run is shown, until Ctrl-C', async () => {
  const watching = startTract(['watch', folder('run'), '--port', '0']);
  let said = '';
  watching.child.stdout!.on('data', (chunk) => {
    said += chunk;
  });
  await until(watching, () => said.endsWith('\n'));
  expect(await (await fetch(said.trim())).text()).toContain('160 of 160 training images');
  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  ['report nowhere', 2, 'there is no run in nowhere'],
  ['watch nowhere', 2, 'there is no run in nowhere'],
  ['watch . --port 99999', 2, 'at most 65535'],
])('tract %s ends with code %d and one sentence', async (line, code, says) => {
  const ended = await endedHere(line.split(' '));
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(/^error: [^\n]+\n$/);
  expect(ended.stderr).toContain(says);
});
