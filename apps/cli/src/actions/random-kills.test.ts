import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { soakCount } from '@tract/checkpoint/testing';
import { afterAll, expect, test } from 'vitest';
import { writePictures } from '../testing/picture-folder.js';
import { expectSameRun } from '../testing/run-digests.js';
import { scratchFolder, startTract } from '../testing/tract.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
const folder = (name: string): string => join(scratch.path, name);
const pictures = writePictures(folder('pictures'), 30, [4, 17]);
const settings = [
  ...['--preset', 'mnist-tiny', '--data', `folder=${pictures}`, '--workers', '1', '--max-bad-samples', '2', '--flip'],
  ...['--images', '30', '--batch', '1', '--checkpoint-every', '4', '--samples', '0', '--threads', '1', '--silent'],
];
const train = (run: string) => startTract(['train', '--out', folder(run), ...settings, '--resume', 'latest']);

const kills = soakCount('KILLS', 12);

test(`${kills} kills, spread over the time that a run takes: what goes on from them ends in the bytes of a run that was not killed`, async () => {
  const began = performance.now();
  expect(await train('whole').ended).toMatchObject({ code: 0 });
  const duration = performance.now() - began;
  for (let killed = 0, session = 0, finished = 0; killed < kills || finished === 0; session++) {
    const { child, ended } = train('killed');
    // Multiples of the golden ratio, less their whole part, fall evenly into [0, 1). The last session is not killed.
    if (killed < kills) await Promise.race([ended, sleep(duration * ((session * 0.6180339887498949) % 1))]);
    if (killed < kills) child.kill('SIGKILL');
    const { code, signal, stderr } = await ended;
    if (signal === 'SIGKILL') {
      killed++;
      continue;
    }
    expect({ code, errors: /error|Error/.exec(stderr)?.input }).toEqual({ code: 0 });
    expectSameRun(folder('killed'), folder('whole'));
    finished++;
    rmSync(folder('killed'), { recursive: true });
  }
});
