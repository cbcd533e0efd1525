import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { noChromium } from '@tract/backend-webgpu/testing';
import { encode } from 'fast-png';
import { build } from 'vite';
import { afterAll, describe, expect, test } from 'vitest';
import { onPageOf } from '../../workspace/test/page.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tract-guides-'));
afterAll(() => rmSync(folder, { recursive: true }));

const guide = (name: string) => readFileSync(join(root, 'tools/docs/guides', `${name}.md`), 'utf8');
const blocks = (name: string, language: string) =>
  [...guide(name).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code);
const commands = (name: string) =>
  blocks(name, 'sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('npx tract '))
    .map((line) => line.replace(/ #.*/, '').trim());

/** What makes a guide's command a matter of seconds. */
const tiny: [RegExp, string][] = [
  [/^npx tract train(?=.*--out)/, '$& --set network.channels=8 --set network.embChannels=32 --images 32 --batch 16'],
  [/--resume latest/, '--resume latest --override --images 48'],
  [/--images 32 --batch 16(.*--images 48)/, '--batch 16$1'],
  [/--images 4M/, '--images 64 --batch 16'],
  [/--steps 64/, '--steps 4'],
  [/--count (16|5K)/, '--count 4'],
];

async function run(command: string): Promise<void> {
  const [, , ...args] = tiny.reduce((line, [from, to]) => line.replace(from, to), command).split(/\s+/);
  await promisify(execFile)(process.execPath, [join(root, 'apps/cli/bin/tract.mjs'), ...args], {
    cwd: folder,
    env: { ...process.env, TRACT_THREADS: '1' },
  });
}

/** The site's suite runs what guides tell to run; what they say of options is looked at in every one. */
const unasked =
  process.env.TRACT_DOCS_SUITE === undefined ? ' (skipped: a minute of trainings; TRACT_DOCS_SUITE=1, or npm run test:full)' : '';

describe.skipIf(unasked)(`from a folder of pictures to a page${unasked}`, () => {
  mkdirSync(join(folder, 'pictures'));
  for (let k = 0; k < 32; k++) {
    const data = Uint8Array.from({ length: 48 * 40 * 3 }, (_, i) => (i * (k + 3) + 17 * k) % 256);
    writeFileSync(join(folder, 'pictures', `${k}.png`), encode({ width: 48, height: 40, channels: 3, depth: 8, data }));
  }
  writeFileSync(join(folder, 'pictures.yaml'), blocks('pictures', 'yaml')[0]);
  mkdirSync(join(folder, 'public'));
  test.each(commands('pictures'))('%s', run);

  const noBrowser = noChromium();
  test(`its page draws${noBrowser ? ` (built only: ${noBrowser})` : ''}`, async () => {
    writeFileSync(join(folder, 'index.html'), blocks('pictures', 'html')[0]);
    writeFileSync(join(folder, 'page.js'), blocks('pictures', 'js')[0]);
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(root, 'node_modules/onnxruntime-web'), join(folder, 'node_modules/onnxruntime-web'));
    await build({ root: folder, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
    if (noBrowser) return;
    const isDrawn = () => {
      const { data } = document.querySelector('canvas')!.getContext('2d')!.getImageData(0, 0, 32, 32);
      return data.every((value, i) => i % 4 < 3 || value === 255); // an empty canvas is transparent
    };
    await onPageOf(join(folder, 'dist'), (page) => page.waitForFunction(isDrawn, undefined, { polling: 500 }), {
      // In WebAssembly, which it falls back to: a software driver of WebGPU takes minutes beside other work.
      before: () => Object.defineProperty(navigator, 'gpu', { value: undefined }),
    });
  });
});

/** These need a file of somebody else's. */
const foreign = /DOWNLOADED|inception|reference\.npz|--prdc|sample teacher/;
describe.skipIf(unasked).each(['checkpoints', 'scores'])(`commands of the guide on %s${unasked}`, (name) => {
  cpSync(join(root, 'packages/models'), join(folder, 'models'), { recursive: true, filter: (path) => !path.includes('node_modules') });
  test.each(commands(name).filter((command) => !foreign.test(command)))('%s', run);
});

test('every option that a guide gives to tract is one of its commands, in a command line of that command', () => {
  const reference = readFileSync(join(root, 'apps/cli/docs/commands.md'), 'utf8');
  const sections = new Map(reference.split(/^## tract /m).map((section) => [section.split('\n', 1)[0], section]));
  for (const name of ['index', 'pictures', 'checkpoints', 'scores']) {
    const optionsOf = (text: string) => [...text.matchAll(/(--(?!help)[a-z][a-z0-9-]+)/g)].map(([, option]) => option);
    for (const option of optionsOf(guide(name))) expect(reference.includes(`\`${option}`), `${name}: ${option}`).toBe(true);
    for (const command of commands(name)) {
      const [, , first, second] = command.split(/\s+/);
      const section = sections.get(`${first} ${second}`) ?? sections.get(first) ?? '';
      for (const option of optionsOf(command)) expect(section.includes(`\`${option}`), `${name}: ${command}: ${option}`).toBe(true);
    }
  }
});
