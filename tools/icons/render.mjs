// Render Microsoft's Fluent Emoji (flat, MIT) as icons of 32 x 32 pixels on white: `node tools/icons/render.mjs OUT` writes OUT/train.zip and OUT/test.zip, every
// sixth icon for testing, with the set's groups as top folders, which are classes, and OUT/LICENSE.txt. What it needs is installed into a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [source, renderer, archiver] = ['@iconify-json/fluent-emoji-flat', '@resvg/resvg-js', 'fflate'];
const packages = [`${source}@1.2.6`, `${renderer}@2.6.2`, `${archiver}@0.8.3`];
const side = 32;

/** Another skin of an icon that is there: it would stand in one part and all but itself in the other. */
const isSkin = (name, all) =>
  /-(?:medium-)?(?:light|medium|dark)$/.test(name) && all.has(name.replace(/-(?:medium-light|medium-dark|light|medium|dark)$/, ''));

/** Each icon of the set with its group and picture, in the order of names. */
function* icons(set, { categories }, render) {
  const groups = new Map(Object.entries(categories).flatMap(([group, names]) => names.map((name) => [name, group])));
  for (const name of [...groups.keys()].sort()) {
    const icon = set.icons[name];
    if (!icon || isSkin(name, groups)) continue;
    const { width = set.width ?? side, height = set.height ?? side } = icon;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${width} ${height}">${icon.body}</svg>`;
    yield { name, group: groups.get(name).replaceAll(/\W+/g, '-').toLowerCase(), png: render(svg) };
  }
}

const [out] = process.argv.slice(2);
if (out === undefined) throw new Error('expected a folder to write to: node tools/icons/render.mjs OUT');
const folder = mkdtempSync(join(tmpdir(), 'tract-icons-'));
try {
  writeFileSync(join(folder, 'package.json'), '{}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...packages], { cwd: folder, stdio: 'inherit' });
  const require = createRequire(join(folder, 'index.js'));
  const { Resvg } = require(renderer);
  const { zipSync } = require(archiver);
  const { name, author, license } = require(`${source}/info.json`);
  const render = (svg) => new Resvg(svg, { background: '#fff', fitTo: { mode: 'original' } }).render().asPng();
  const parts = { train: {}, test: {} };
  let count = 0;
  for (const icon of icons(require(`${source}/icons.json`), require(`${source}/metadata.json`), render))
    parts[count++ % 6 === 5 ? 'test' : 'train'][`${icon.group}/${icon.name}.png`] = icon.png;
  mkdirSync(out, { recursive: true });
  // Times that do not change, so that the same icons give the same bytes; PNGs are compressed already.
  for (const [part, files] of Object.entries(parts))
    writeFileSync(join(out, `${part}.zip`), zipSync(files, { level: 0, mtime: '2020-01-01T00:00:00' }));
  writeFileSync(join(out, 'LICENSE.txt'), `${name} by ${author.name}, ${author.url}\n${license.title}: ${license.url}\n`);
  const sizes = Object.entries(parts).map(([part, files]) => `${Object.keys(files).length} in ${part}.zip`);
  console.log(`${count} icons of ${new Set(Object.keys(parts.train).map((path) => path.split('/')[0])).size} groups: ${sizes.join(', ')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
