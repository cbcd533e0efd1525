import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { webgpuPage } from '../webgpu-page.mjs';

test('the page has what each step took and moved, and the ratio of the times', () => {
  const figure = (milliseconds, dispatches) => ({
    milliseconds,
    traffic: { dispatches, submissions: 7, uploadedBytes: 4096, uniformBytes: 1280, readBytes: 4 },
  });
  const page = webgpuPage({
    machine: { processor: 'a processor', cores: 2, node: '20.20.2', load: 0 },
    adapter: 'a driver',
    software: true,
    title: 'digits',
    parameters: 1234567,
    batch: 4,
    batchBytes: 12544,
    steps: 2,
    rounds: 3,
    command: 'npm run bench:webgpu -- --software',
    figures: { 'training step': { ours: figure(1230, 1024), stock: figure(4305, 10636) } },
  });
  expect(page).toContain('| training step | ours | 1,230 | 1,024 | 7 | 4,096 | 1,280 | 4 | **3.50x** |');
  expect(page).toContain('| training step | stock | 4,305 | 10,636 | 7 | 4,096 | 1,280 | 4 |  |');
  expect(page).toContain('digits, 1,234,567 parameters, batch 4 (12,544 bytes)');
  expect(page).toContain('computes on the CPU');
});

test('the tool explains itself, and refuses work that it does not know', async () => {
  const tool = fileURLToPath(new URL('../webgpu.mjs', import.meta.url));
  const run = (...args) => promisify(execFile)(process.execPath, [tool, ...args]).catch((error) => error);
  expect((await run('--help')).stdout).toContain('usage: npm run bench:webgpu');
  expect(await run('--work', 'train')).toMatchObject({ code: 2, stderr: expect.stringContaining("no work 'train': expected forward") });
});
