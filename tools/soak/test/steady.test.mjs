import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { soakCount } from '@tract/checkpoint/testing';
import { expect, test } from 'vitest';

const steps = soakCount('STEPS', 2000);
/** Without these, code that V8 optimises during the first thousands of updates grows the process by 1 to 3%, later on a busier machine. */
const quietEngine = ['--no-opt', '--no-maglev', '--single-threaded', '--max-semi-space-size=1'];
const program = fileURLToPath(new URL('../steady.mjs', import.meta.url));

test.skipIf(process.platform !== 'linux')(
  `${steps} updates after a warm-up leave tensors and files as many, and memory within 2%`,
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', ...quietEngine, program, String(steps)]);
    const { samples, early, late } = JSON.parse(stdout);
    expect(samples).toBeGreaterThan(20);
    expect(late).toMatchObject({ tensors: early.tensors, files: early.files });
    expect(late.rssBytes / early.rssBytes).toBeLessThan(1.02);
  },
);
