import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './packed.js';

const { installedWith } = (await import(join(root, 'tools/workspace/installed.mjs'))) as {
  installedWith: (pattern: RegExp) => readonly { readonly name: string; readonly version: string; readonly license: string }[];
};
const installed = installedWith(/^(packages\/[^/]+|apps\/cli)$/).filter(({ name }) => !name.startsWith('@tract/'));

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
