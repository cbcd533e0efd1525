import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePictures } from '../testing/picture-folder.js';
import { expectSameRun } from '../testing/run-digests.js';
import { readLog, scratchFolder, startTract, until } from '../testing/tract.js';
import { endedHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const folder = (name: string): string => join(scratch.path, name);
const settings = ['--preset', 'mnist-tiny', '--images', '120', '--batch', '2', '--checkpoint-every', '14', '--samples', '0'];
const training = (run: string, pictures: string, ...more: string[]) => [
  'train',
  ...['--out', folder(run), '--data', `folder=${pictures}`, ...settings, '--threads', '1', '--silent', ...more],
];
const train = (run: string, pictures: string, ...more: string[]) => endedHere(training(run, pictures, ...more));
afterAll(scratch.remove);

describe('images in files', () => {
  const pictures = writePictures(folder('sound'), 40);

  test('make the same run in any number of threads, kept in memory or read anew; the share of waiting is in the log', async () => {
    expect(await train('whole', pictures, '--workers', '0', '--data-memory', '0')).toMatchObject({ code: 0, stderr: '' });
    for (const [name, ...more] of [['ring', '--workers', '3', '--data-memory', '0'], ['kept', '--workers', '1'], ['usual']]) {
      expect(await train(name, pictures, ...more)).toMatchObject({ code: 0, stderr: '' });
      expectSameRun(folder(name), folder('whole'));
    }
    const waits = readLog(folder('ring')).map(({ dataWait }) => dataWait);
    expect(waits).toHaveLength(3);
    for (const wait of waits) expect(wait! >= 0 && wait! < 1).toBe(true);
  });
});

describe('with two corrupt images in the folder', () => {
  const pictures = writePictures(folder('damaged'), 40, [0, 23]);
  const allowed = ['--max-bad-samples', '2', '--workers', '2'];
  const [first, second] = [0, 23].map((i) => `${pictures}, image ${i} (00${String(i).padStart(2, '0')}.png): it is cut off`);

  beforeAll(async () => {
    const { code, stderr } = await train('passed', pictures, ...allowed);
    expect(code).toBe(0);
    expect(stderr.split('\n').sort()).toEqual(['', ...[first, second].map((reason) => `warning: ${reason}; it is passed over`)]);
  });

  test('a run ends with code 3, the file and its index, before it begins or when one too many is met', async () => {
    expect(await train('none', pictures)).toMatchObject({ code: 3, stdout: '', stderr: `error: ${first}\n` });
    expect(existsSync(folder('none'))).toBe(false);
    const { code, stderr } = await train('one', pictures, '--max-bad-samples', '1');
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^warning: .*, image \d+ .*; it is passed over\nerror: .*, image \d+ \(00\d\d\.png\): it is cut off; repair or remove it, or allow more bad images than 1\n$/,
    );
  });

  test('both are counted in the log and listed in the checkpoints', () => {
    const { badSamples } = JSON.parse(readFileSync(folder('passed/checkpoints/step-60/state.json'), 'utf8'));
    expect(badSamples.map(({ reason }: { reason: string }) => reason).sort()).toEqual([first, second]);
    expect(readLog(folder('passed')).at(-1)).toMatchObject({ step: 60, badSamples: 2 });
  });

  test('a run that is stopped and goes on ends in the bytes of one that is not', async () => {
    const stopped = startTract(training('stopped', pictures, ...allowed));
    await until(stopped, () => readLog(folder('stopped')).length > 0);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('stopped by SIGINT after') });
    expect(await train('stopped', pictures, ...allowed, '--workers', '0', '--resume')).toMatchObject({ code: 0 });
    expectSameRun(folder('stopped'), folder('passed'));
  });
});
