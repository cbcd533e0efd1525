import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageVitest } from '@tract/backend-webgpu/testing';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyDigits } from '../../../apps/cli/src/testing/tiny-digits.js';
import { platforms } from '../../../packages/backend-native/platforms.mjs';
import { installInto, type Packed, pack, packAll, root } from '../../workspace/test/packed.js';
import { platformsPage } from '../page.mjs';
import { type Machine, machines } from '../runtimes.mjs';

// Real: our tarballs, npm's choice of the binary, the runtimes, the emulators. Not real: the machines, and other packages come from the checkout.
const unasked = process.env.TRACT_PLATFORM_SUITE === undefined ? 'set TRACT_PLATFORM_SUITE=1 to run them' : undefined;
const binaryOf = (platform: string): string => join(root, 'packages/backend-native/prebuilt', platform);
const lackingOf = ({ platform, lacking }: Machine): string | undefined =>
  unasked ?? (existsSync(join(binaryOf(platform), 'fingerprint')) ? undefined : 'no binary; npm run prebuild:native') ?? lacking?.();

const scratch = mkdtempSync(join(tmpdir(), 'tract-platforms-'));
let packed: ReadonlyMap<string, Packed>;
let binaries: Readonly<Record<string, string>>;
if (unasked === undefined)
  beforeAll(async () => {
    packed = await packAll(scratch);
    const built = Object.keys(platforms).filter((name) => existsSync(join(binaryOf(name), 'fingerprint')));
    const tarballs = await pack(scratch, built.map(binaryOf));
    binaries = Object.fromEntries(tarballs.map(({ name, filename }) => [name, join(scratch, filename)]));
    writeTinyDigits(join(scratch, 'digits'));
  });

/** What a machine came to with one instruction set: digests of what it drew and of a model that it trained, and tests of the conformance suite. */
type Result = { readonly set: string; readonly drawn: string; readonly trained: string; readonly tests: number };
const rows: { readonly machine: Machine; readonly reason?: string; readonly results: Result[] }[] = [];

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);

/** Run a script on a machine; return its standard output. */
function run({ command, env, path = (file) => file }: Machine, project: string, script: string, ...args: readonly string[]): string {
  const [program, ...first] = command();
  const names = ['out.txt', 'err.txt'].map((name) => join(project, name));
  const files = names.map((name) => openSync(name, 'w'));
  const given = [script, ...args].map((text) => (text.startsWith('/') ? path(text) : text));
  const environment = { ...process.env, ...env?.(), TRACT_MNIST: path(join(scratch, 'digits')) };
  const { status, error } = spawnSync(program, [...first, ...given], { cwd: project, env: environment, stdio: ['ignore', ...files] });
  files.forEach(closeSync);
  const [out, err] = names.map((name) => readFileSync(name, 'utf8'));
  expect({ status, error, err: status === 0 ? '' : err }).toEqual({ status: 0, error: undefined, err: '' });
  return out;
}

/** Install the command line as npm does for a platform, and the conformance suite beside it. */
async function projectFor({ platform }: Machine): Promise<string> {
  const project = join(scratch, platform);
  if (existsSync(project)) return project;
  const { os, cpu, libc } = platforms[platform as keyof typeof platforms] as { os: string; cpu: string; libc?: string };
  const installed = await installInto(project, packed, ['@tract/cli'], { os, cpu, libc, optional: binaries });
  expect(installed.filter((name) => name.startsWith('@tract/backend-native-'))).toEqual([`@tract/backend-native-${platform}`]);
  await build({
    ...{ entryPoints: [join(root, 'tools/conformance/alone.mjs')], outfile: join(project, 'conformance.mjs') },
    ...{ bundle: true, format: 'esm', platform: 'node', conditions: ['@tract/source'], logLevel: 'error' },
    ...{ alias: { vitest: pageVitest }, external: ['@tensorflow/*'] },
  });
  return project;
}

function resultOf(machine: Machine, project: string, set: string): Result {
  const tract = (...args: readonly string[]) =>
    run(
      machine,
      project,
      join(project, 'node_modules/@tract/cli/bin/tract.mjs'),
      ...args,
      '--backend',
      'native',
      '--instruction-set',
      set,
      '--silent',
    );
  const out = mkdtempSync(join(project, 'run-'));
  tract('sample', 'mnist-student', '--count', '4', '--seed', '1', '--out', join(out, 'drawn.npz'));
  const settings = ['--preset', 'mnist-tiny', '--images', '8', '--batch', '2', '--samples', '0', '--threads', '2'];
  tract('train', ...settings, '--out', join(out, 'run'));
  const tested = JSON.parse(run(machine, project, join(project, 'conformance.mjs'), set, '2'));
  expect(tested).toMatchObject({ addonPath: expect.stringContaining(`backend-native-${machine.platform}`), failed: [] });
  return { set, drawn: sha256(join(out, 'drawn.npz')), trained: sha256(join(out, 'run/model/model.safetensors')), tests: tested.tests };
}

afterAll(() => {
  if (process.env.TRACT_PLATFORMS_PAGE) writeFileSync(process.env.TRACT_PLATFORMS_PAGE, platformsPage(rows));
  rmSync(scratch, { recursive: true, force: true });
});

describe.each(machines)('$platform, $runtime', (machine) => {
  const reason = lackingOf(machine);
  const row = { machine, reason, results: [] as Result[] };
  rows.push(row);
  if (reason !== undefined && unasked === undefined) console.warn(`${machine.platform}, ${machine.runtime}: not run, ${reason}`);

  test.skipIf(reason !== undefined)(
    `draws, trains and passes the suite with the bits of every other machine${reason ? ` (skipped: ${reason})` : ''}`,
    async () => {
      const project = await projectFor(machine);
      const { backends } = JSON.parse(run(machine, project, join(project, 'node_modules/@tract/cli/bin/tract.mjs'), 'doctor', '--json'));
      const { detail } = backends.find(({ name }: { name: string }) => name === 'native');
      const sets: string[] = /for (.*?);/.exec(detail)![1].split(', ');
      for (const set of new Set([sets[0], sets.at(-1)!])) {
        const result = resultOf(machine, project, set);
        row.results.push(result);
        expect(result.tests).toBeGreaterThan(240);
        const [first] = rows.flatMap(({ results }) => results.filter((other) => other.set === set));
        expect(result).toEqual(first);
      }
    },
  );
});
