import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import type { LogLine } from '@tract/report';
import { readRecords, valuesOf } from '@tract/report/testing';
import { useBackend } from '@tract/tensor';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RunDamaged, RunError } from '../run-error.js';
import { scratchFolder } from '../testing/scratch-folder.js';
import { serveRun } from './live-server.js';
import { readRunLog } from './run-log.js';
import { readRun } from './run-record.js';
import { openRunView } from './run-view.js';

const scratch = scratchFolder();
const run = join(scratch.path, 'run');
const log = join(run, 'stats.jsonl');

const lineAt = (step: number): LogLine => ({
  ...{ step, images: 2 * step, loss: 1 / step, gradNorm: 1, imagesPerSecond: 50, seconds: step },
  time: new Date(Date.parse('2026-01-01') + step).toISOString(),
});
const write = (...lines: (LogLine | string)[]) =>
  writeFileSync(log, lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''));
const configure = (config: unknown) => writeFileSync(join(run, 'config.json'), JSON.stringify(config));
const config = { format: 'tract-run', version: 2, command: 'train', settings: { images: 160, batch: 2, data: 'mnist' } };

beforeAll(() => useBackend('cpu'));
beforeEach(() => {
  mkdirSync(join(run, 'samples'), { recursive: true });
  configure(config);
  write(lineAt(20), lineAt(40));
});
afterAll(scratch.remove);

describe('a run folder read by another program', () => {
  test('gives its settings and lines, without one that a crash cut short', () => {
    write(lineAt(20), '{"step":');
    expect(readRun(run)).toMatchObject({
      name: 'run',
      command: 'train',
      settings: { images: 160 },
      lines: [{ step: 20 }],
      environment: {},
    });
  });

  test.each([
    ['not JSON\n', 'line 2: Unexpected token'],
    [`${JSON.stringify({ ...lineAt(40), loss: null })}\n`, "line 2: expected the number 'loss', got null"],
    [`${JSON.stringify({ ...lineAt(40), time: 'noon' })}\n`, `line 2: expected 'time', an ISO date, got "noon"`],
  ])('names the line that is damaged: %j', (line, fault) => {
    write(lineAt(20), line);
    expect(() => readRunLog(run)).toThrow(RunDamaged);
    expect(() => readRunLog(run)).toThrow(fault);
  });

  test('is refused where there is no run, or another thing', () => {
    expect(() => readRun(scratch.path)).toThrow(expect.objectContaining({ kind: 'absent' }));
    expect(() => readRun(scratch.path)).toThrow(RunError);
    configure({ format: 'tract-model' });
    expect(() => readRun(run)).toThrow(/config.json is not the configuration of a training/);
  });
});

test('a view that is opened again shows every update once, and no grid of updates that will be done again', () => {
  const grid = (step: number) => join(run, `samples/step-${String(step).padStart(8, '0')}.png`);
  for (const step of [20, 40])
    writeFileSync(
      grid(step),
      Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==', 'base64'),
    );
  for (const _ of [1, 2]) {
    write(lineAt(20));
    const view = openRunView({ run, imagesBetween: 40, samples: 0, from: { step: 20 } as Parameters<typeof openRunView>[0]['from'] });
    view.line(lineAt(40));
  }
  expect([20, 40].map((step) => existsSync(grid(step)))).toEqual([true, false]);
  const names = readdirSync(join(run, 'tensorboard'));
  expect(names).toHaveLength(1);
  const values = valuesOf(readRecords(readFileSync(join(run, 'tensorboard', names[0]))));
  expect(values.map(({ tag, step, scalar }) => (tag === 'loss' ? [step, scalar] : []))).toContainEqual([40, Math.fround(1 / 40)]);
  expect(values.filter(({ tag }) => tag === 'loss').map(({ step }) => step)).toEqual([20, 40]);
  expect(values.filter(({ tag }) => tag === 'samples').map(({ step }) => step)).toEqual([20]);
  expect(readFileSync(join(run, 'loss.svg'), 'utf8')).toMatch(/^<svg /);
  expect(JSON.parse(readFileSync(join(run, 'environment.json'), 'utf8'))).toMatchObject({ node: process.version, backend: 'cpu' });
});

test('the live page is served to 127.0.0.1, to GET and under its own name alone, and follows the log', async () => {
  const { url, close } = await serveRun(run, 0);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const ask = (path: string, options: Parameters<typeof request>[1] = {}) =>
    new Promise<{ status?: number; tag?: string; policy?: string; body: string }>((resolve, reject) => {
      const asked = request(new URL(path, url), options, async (response) => {
        const { statusCode: status, headers } = response;
        const body = (await response.toArray()).join('');
        resolve({ status, tag: headers.etag, policy: String(headers['content-security-policy']), body });
      });
      asked.on('error', reject).end();
    });
  const whole = await ask('/');
  expect(whole).toMatchObject({ status: 200, policy: expect.stringContaining("default-src 'none'") });
  expect(whole.body).toContain('80 of 160 training images');
  const view = await ask('/view');
  expect(await ask('/view', { headers: { 'If-None-Match': view.tag! } })).toMatchObject({ status: 304, body: '' });
  expect(await ask('/', { headers: { Host: 'evil.example' } })).toMatchObject({ status: 403 });
  expect(await ask('/', { method: 'POST' })).toMatchObject({ status: 405 });
  expect(await ask('/../config.json')).toMatchObject({ status: 404 });
  write(lineAt(20), lineAt(40), { ...lineAt(60), loss: 1234.5 }, '{"step": 1');
  const grown = await ask('/view', { headers: { 'If-None-Match': view.tag! } });
  expect(grown).toMatchObject({ status: 200, body: expect.stringContaining('1235') });
  const { port } = new URL(url);
  await expect(serveRun(run, Number(port))).rejects.toThrow('EADDRINUSE');
  await close();
});
