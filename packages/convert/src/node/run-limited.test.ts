import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mostMemory, runLimited } from './run-limited.js';

const folder = mkdtempSync(join(tmpdir(), 'tract-limited-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (program: string, limits: { memoryLimit?: number; timeLimit?: number } = {}, ...args: string[]) => {
  const script = join(folder, 'script.mjs');
  writeFileSync(script, program);
  return runLimited([script, ...args], { timeLimit: 60, ...limits });
};

test('a script ends with its code and what it says', () => {
  const end = run('process.stderr.write(process.argv[2]); process.exitCode = 3;', {}, 'words');
  expect(end).toEqual({ code: 3, signal: null, stderr: 'words' });
});

test('one that takes too long is killed', () => {
  expect(run('while (true);', { timeLimit: 0.5 })).toMatchObject({ code: null, signal: 'SIGKILL', met: 'time' });
});

test.runIf(process.platform === 'linux')('one that takes too much memory cannot have it', () => {
  const end = run('console.error(new Uint8Array(4e9).fill(1)[0]);', { memoryLimit: 500 });
  expect(end).toMatchObject({ code: 1, met: 'memory' });
});

test('the default is below what the machine has', () => {
  expect(mostMemory()).toBeGreaterThan(100);
});
