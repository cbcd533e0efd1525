// Checks every package as it would be published: its description (publint) and its types as TypeScript finds them (Are the types wrong?). The packages are built.
// The tarballs, and what npm said of them, stay for the tests in the folder that TRACT_PACKED names.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from './steps.mjs';

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The packages are modules, which `require` of CommonJS and TypeScript's oldest resolution do not take. */
const resolutions = ['node16-esm', 'bundler'];

/** Return what is wrong with a package, a sentence each. */
async function faultsOf(folder, tarball) {
  const manifest = manifestOf(folder);
  const { messages } = await publint({ strict: true, pack: { tarball: tarball.buffer } });
  const faults = messages.map((message) => formatMessage(message, manifest, { color: false }));
  if (manifest.exports?.['.'] === undefined) return faults;
  // Weights have no types, and an entry without any says nothing of types.
  const excludeEntrypoints = Object.entries(manifest.exports).flatMap(([name, target]) => (typeof target === 'string' ? [name] : []));
  const { problems = [] } = await checkPackage(createPackageFromTarballData(tarball), { excludeEntrypoints });
  const seen = problems.filter(({ resolutionKind }) => resolutionKind === undefined || resolutions.includes(resolutionKind));
  return [
    ...faults,
    ...seen.map(({ kind, entrypoint = '', resolutionKind = '', fileName = '' }) =>
      `types: ${kind} ${entrypoint} ${resolutionKind} ${fileName}`.trim(),
    ),
  ];
}

const kept = process.env.TRACT_PACKED;
const scratch = kept ?? mkdtempSync(join(tmpdir(), 'tract-packages-'));
try {
  const folders = ['packages', 'apps']
    .flatMap((room) => readdirSync(join(root, room)).map((name) => join(root, room, name)))
    .filter((folder) => !manifestOf(folder).private);
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch, ...folders];
  const said = execFileSync('npm', pack, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const packed = JSON.parse(said);
  let faulty = 0;
  for (const [i, folder] of folders.entries()) {
    const faults = await faultsOf(folder, new Uint8Array(readFileSync(join(scratch, packed[i].filename))));
    if (faults.length > 0) faulty++;
    for (const fault of faults) console.error(`${manifestOf(folder).name}: ${fault}`);
  }
  if (kept) writeFileSync(join(kept, 'packed.json'), said);
  console.log(`${folders.length} packages, ${faulty} with faults`);
  process.exitCode = faulty > 0 ? 1 : 0;
} finally {
  if (!kept) rmSync(scratch, { recursive: true });
}
