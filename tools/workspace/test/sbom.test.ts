import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './packed.js';

type Bill = {
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly { readonly name: string; readonly version: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
};

test('the bill of materials names every package, all that the page of licences does, and nothing of development', () => {
  const text = execFileSync(process.execPath, [join(root, 'tools/workspace/sbom.mjs')], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const { metadata, components, dependencies } = JSON.parse(text) as Bill;
  const listed = components.map(({ name, version }) => `${name}@${version}`);
  expect(metadata.component.name).toBe('tract');

  const page = readFileSync(join(root, 'docs/licences.md'), 'utf8');
  const licensed = [...page.matchAll(/^\| (\S+) \| (\d\S*) \|/gm)].map(([, name, version]) => `${name}@${version}`);
  expect(licensed).toContainEqual(expect.stringMatching(/^commander@/));
  const own = readdirSync(join(root, 'packages')).map(
    (folder) => JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).name,
  );
  const ofOthers = listed.filter((name) => !name.startsWith('@tract/'));
  expect(ofOthers).toEqual(expect.arrayContaining(licensed));
  expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining([...own, '@tract/cli', '@tract/web']));
  expect(listed.filter((name) => /^(nx|vitest|typescript|knip|dependency-cruiser|@tract\/bench)@/.test(name))).toEqual([]);

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(dependencies.map(({ ref }) => ref).sort()).toEqual([...listed, `tract@${version}`].sort());
  expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((name) => !listed.includes(name))).toEqual([]);
});
