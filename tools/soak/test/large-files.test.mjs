import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { soakCount } from '@tract/checkpoint/testing';
import { expect, test } from 'vitest';

const megabytes = soakCount('LARGE', 128);
const program = fileURLToPath(new URL('../large.mjs', import.meta.url));

test(
  `files of ${megabytes} MB are written, read back and gone through by scores in pieces: a few tensors are in memory at a time`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tract-large-'));
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, String(megabytes), folder]);
      const { tensorMegabytes, parts } = JSON.parse(stdout);
      for (const [name, { right, aboveMegabytes }] of Object.entries(parts)) {
        expect([name, right]).toEqual([name, true]);
        // What was read is collected late: three tensors, and what V8 lets lie.
        expect(aboveMegabytes, `${name}: ${aboveMegabytes} MB above`).toBeLessThan(128 + 3 * tensorMegabytes);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000 + megabytes * 200,
);
