// npm run docs: builds the site and serves it; npm run docs:build: builds it into tools/docs/dist.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, serve } from 'vitepress';
import { writeApi } from './api.mjs';
import { stagePages } from './stage.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const pages = `${root}.pages`;
const dist = `${root}dist`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  // --guides leaves out the API and the app, which take a minute each.
  options: { port: { type: 'string', default: '4174' }, guides: { type: 'boolean', default: false } },
});

rmSync(pages, { recursive: true, force: true });
stagePages(pages);
if (!values.guides) await writeApi(`${pages}/api`);
await build(root);
if (!values.guides) {
  const { status, stdout, stderr } = spawnSync('npx', ['nx', 'build', '@tract/web'], { cwd: `${root}../..`, encoding: 'utf8' });
  if (status !== 0) throw new Error(`docs: the app could not be built\n${stdout}${stderr}`);
  cpSync(`${root}../../apps/web/dist`, `${dist}/app`, { recursive: true });
}
if (positionals[0] === 'serve') {
  await serve({ root, port: Number(values.port) });
  console.log(`http://localhost:${values.port}/`);
} else console.log(dist);
