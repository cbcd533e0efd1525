import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './packed.js';

type Locked = { readonly version: string; readonly license?: string; readonly dependencies?: Readonly<Record<string, string>> };

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Readonly<Record<string, Locked>> };

/** Return the places of what a package depends on, its own folder of modules before that of the workspace. */
const dependenciesOf = (path: string): string[] =>
  Object.keys(packages[path].dependencies ?? {})
    .filter((name) => !name.startsWith('@tract/'))
    .map((name) => [`${path}/node_modules/${name}`, `node_modules/${name}`].find((place) => place in packages)!);

const published = Object.keys(packages).filter((path) => /^(packages\/[^/]+|apps\/cli)$/.test(path));
const places = new Set(published.flatMap(dependenciesOf));
for (const place of places) for (const next of dependenciesOf(place)) places.add(next);
const installed = [...places].map((place) => {
  const { version, license = 'none' } = packages[place];
  return { name: place.slice(place.lastIndexOf('node_modules/') + 13), version, license };
});

const rows = [...new Set(installed.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`))].sort();

// `npx vitest run tools/workspace/test/licences.test.ts --update` writes the page anew.
test('the page of licences lists what the packages depend on, all under permissive ones', async () => {
  const permissive = /^(MIT|ISC|BSD-[23]-Clause|0BSD|Apache-2\.0|\(?MIT OR [^)]*\)?)$/;
  expect(installed.filter(({ license }) => !permissive.test(license))).toEqual([]);
  const page = `# Licences of others

What the packages depend on, at the versions of \`package-lock.json\`; nothing of it is copied into them. The compiled WebAssembly modules hold parts of the C++ library of LLVM and of the
C library of the toolchain (Apache-2.0 with LLVM's exception; MIT), the prebuilt binaries parts of the former.

| package | version | licence |
| --- | --- | --- |
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/licences.md');
});
