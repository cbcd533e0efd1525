import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { soakCount } from '@tract/checkpoint/testing';
import { expect, test } from 'vitest';

const steps = soakCount('STEPS', 1000);
/**
 * Switches of V8 with which it holds as much after a while as in the first second: no tiers of machine code, feedback from the start on, bytecode that
 * stays, no threads of its own. Otherwise the process grows by 1 to 3% during the first thousands of updates, later on a busier machine.
 */
const quietEngine = [
  ...['--no-sparkplug', '--no-maglev', '--no-opt', '--no-lazy-feedback-allocation', '--no-flush-bytecode'],
  ...['--single-threaded', '--max-semi-space-size=1'],
];
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
