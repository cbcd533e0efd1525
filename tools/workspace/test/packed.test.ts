import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { noChromium } from '@tract/backend-webgpu/testing';
import { transform } from 'esbuild';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examplesOf, installInto, type Packed, packAll, root, targetsOf } from './packed.js';
import { saidBy } from './page.js';

// Real: our tarballs, npm's install of them without scripts, Vite's build, the browser. Not real: other packages come from the checkout.
const scratch = mkdtempSync(join(tmpdir(), 'tract-packed-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let packed: ReadonlyMap<string, Packed>;
beforeAll(async () => {
  packed = await packAll(scratch);
});

test('every package holds what it exports, its README and the licence, and neither tests nor caches', () => {
  expect(packed.size).toBeGreaterThan(12);
  for (const [name, { files, manifest }] of packed) {
    expect(files, name).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(files, name).toEqual(
      expect.arrayContaining([...targetsOf(manifest.exports), ...targetsOf(manifest.bin)].filter((path) => path !== '*')),
    );
    // A scoped package is published restricted unless it says otherwise; without prepack it would hold no types.
    expect(manifest, name).toMatchObject({
      license: 'Apache-2.0',
      keywords: expect.arrayContaining(['diffusion']),
      engines: { node: '>=20.19' },
      publishConfig: { access: 'public' },
    });
    if (name !== '@tract/models') expect(manifest, name).toMatchObject({ scripts: { prepack: 'npm run build && tsc -b' } });
    expect(
      files.filter((path) => /\.test\.|tsbuildinfo|(^|\/)(fixtures|node_modules|build)\//.test(path)),
      name,
    ).toEqual([]);
  }
  const licence = readFileSync(join(root, 'LICENSE'));
  const rooms = ['packages', 'apps'].flatMap((room) => readdirSync(join(root, room)).map((inner) => join(root, room, inner, 'LICENSE')));
  for (const copy of rooms.filter(existsSync)) expect(readFileSync(copy).equals(licence), copy).toBe(true);
});

/** Most that a package takes packed, in kB; those with weights or WebAssembly have room of their own. */
const most: Readonly<Record<string, number>> = { '@tract/models': 10_500, '@tract/metrics': 760, '@tract/backend-wasm': 310 };

test('no package grows by what does not belong there', () => {
  const beyond = [...packed].filter(([name, { bytes }]) => bytes / 1e3 > (most[name] ?? 175));
  expect(beyond.map(([name, { bytes }]) => `${name}: ${Math.round(bytes / 1e3)} kB`)).toEqual([]);
});

test('the samplers bring the schedules and nothing else, and run as their README says', async () => {
  const project = join(scratch, 'samplers');
  expect(await installInto(project, packed, ['@tract/samplers'])).toEqual(['@tract/samplers', '@tract/schedules']);
  for (const [index, example] of examplesOf('packages/samplers').entries()) {
    const { code } = await transform(example, { loader: 'ts', format: 'esm' });
    writeFileSync(join(project, `example-${index}.mjs`), code);
    const { stdout } = await promisify(execFile)(process.execPath, [`example-${index}.mjs`], { cwd: project });
    expect(stdout).toMatch([/^Float32Array\(8\)/, /\n256\n$/, /^784\n$/][index]!);
  }
});

const reason = noChromium();

test(`distill and the WebGPU backend bring nothing native; a page of the backend's README builds with Vite and runs${reason ? ` (built only: ${reason})` : ''}`, async () => {
  const project = join(scratch, 'page');
  const installed = await installInto(project, packed, ['@tract/distill', '@tract/backend-webgpu']);
  expect(installed.filter((name) => /native|vitest|^webgpu$/.test(name))).toEqual([]);
  const [example] = examplesOf('packages/backend-webgpu');
  writeFileSync(join(project, 'example.ts'), example);
  writeFileSync(
    join(project, 'main.ts'),
    `console.log = (...said) => void Object.assign(globalThis, { said });
    import('./example.ts');`,
  );
  writeFileSync(join(project, 'index.html'), '<!doctype html><title>page</title><script type="module" src="/main.ts"></script>');
  await build({ root: project, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
  if (reason === undefined) expect(await saidBy(join(project, 'dist'))).toEqual([expect.any(String), 2 * 28 * 28 * 32]);
});
