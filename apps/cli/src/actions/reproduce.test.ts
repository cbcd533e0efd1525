import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder, startTract, tract, until } from '../testing/tract.js';
import { endedHere, tractHere } from '../testing/tract-here.js';

const folder = scratchFolder();
afterAll(folder.remove);
const env = { TRACT_MNIST: writeTinyDigits(join(folder.path, 'digits')) };

test('a table is run, stopped, and gone on with', async () => {
  const teacher = join(folder.path, 'teacher');
  const trained = await endedHere(
    ['train', '--preset', 'mnist-tiny', '--images', '128', '--samples', '0', '--silent', '--out', teacher],
    env,
  );
  expect(trained.code).toBe(0);
  const out = join(folder.path, 'tables');
  const words = [
    'reproduce',
    'self-teacher',
    '--images',
    '96',
    '--samples',
    '50',
    '--seeds',
    '1',
    '--teacher',
    join(teacher, 'model'),
    '--out',
    out,
  ];
  const started = startTract(words, env);
  await until(started, () => existsSync(join(out, 'self-ema-0', 'seed-0.json')));
  started.child.kill('SIGINT');
  expect((await started.ended).code).toBe(130);
  expect(existsSync(join(out, 'self-teacher.json'))).toBe(false);

  const { code, stdout, stderr } = await tract([...words, '--json'], env);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^3 trainings of 288 images in all, about [\d.]+ hours at \d+ images\/s\n/);
  const result = JSON.parse(stdout);
  expect(JSON.parse(readFileSync(join(out, 'self-teacher.json'), 'utf8'))).toEqual(result);
  expect(result).toMatchObject({ teacher: '8 channels times 1, 1, 1, of mnist after 128 images', images: 96, samples: 50 });
  expect(Object.keys(result.rows)).toHaveLength(4);
  for (const outcomes of Object.values(result.rows))
    expect(outcomes).toMatchObject([{ seed: 0, images: 96, frechetDistance: expect.any(Number) }]);
  expect(readFileSync(join(out, 'self-teacher.md'), 'utf8')).toContain('| momentum 0.5 below momentum 0 | one seed |');
});

test('images that do not divide into batches, and a teacher that is not there, are refused in one sentence', async () => {
  const of = (...more: string[]) => tractHere('reproduce', ...more, '--out', join(folder.path, 'no'));
  expect(await of('sampling-average', '--images', '100')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^error: residual-quarter takes 0\.25 of the images, got 25; choose/),
  });
  expect(await of('edm')).toMatchObject({ code: 3, err: expect.stringContaining('train it with tract train --preset mnist-edm-teacher') });
  expect(existsSync(join(folder.path, 'no'))).toBe(false);
});
