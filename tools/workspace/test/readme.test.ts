import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// Inside node_modules, so that @tract/... resolves to the built packages exactly as it does for a user.
const folder = join(root, 'node_modules', '.cache', 'tract-readme');
const readmes = [
  'README.md',
  'tools/docs/guides/samplers.md',
  ...['packages', 'apps'].flatMap((room) => readdirSync(join(root, room)).map((name) => `${room}/${name}/README.md`)),
];

describe('every TypeScript example of a README runs on the built packages', () => {
  mkdirSync(folder, { recursive: true });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const readme of readmes) {
    const blocks = [...readFileSync(join(root, readme), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
    test(`${readme}: has an example`, () => expect(blocks.length).toBeGreaterThan(0));
    blocks.forEach((block, index) => {
      test(`${readme}: example ${index + 1}`, async () => {
        const { code } = await transform(block, { loader: 'ts', format: 'esm' });
        const file = join(folder, `${readme.replaceAll('/', '-')}-${index}.mjs`);
        writeFileSync(file, code);
        await promisify(execFile)(process.execPath, [file], { cwd: folder });
      });
    });
  }
});
