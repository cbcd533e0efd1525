import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examplesOf, foldersOf, pack, packAll, root } from './packed.js';

// Real: npm publish, a registry on this machine, installs from it alone, the commands. Not real: packages of others are published there from the checkout.
const scratch = mkdtempSync(join(tmpdir(), 'tract-registry-'));
const { platforms } = (await import(join(root, 'packages/backend-native/platforms.mjs'))) as {
  platforms: Readonly<Record<string, unknown>>;
};
const { machines } = (await import(join(root, 'tools/platforms/runtimes.mjs'))) as {
  machines: readonly { readonly platform: string; readonly runtime: string; readonly command: () => string[] }[];
};
const binaries = Object.keys(platforms).map((name) => join(root, 'packages/backend-native/prebuilt', name));
const hasBinaries = binaries.every((folder) => existsSync(join(folder, 'fingerprint')));
const execute = promisify(execFile);

/** The programs of this test, installed the first time. What verdaccio asks of node-fetch is a tag, which mirrors of npm lack. */
async function programs(): Promise<string> {
  const folder = join(root, 'node_modules/.cache/tract-registry');
  const dependencies = { verdaccio: '6.2.9', pnpm: '9.8.0', '@yarnpkg/cli-dist': '4.18.1' };
  const description = JSON.stringify({ private: true, dependencies, overrides: { 'node-fetch': '2.7.0' } });
  const modules = join(folder, 'node_modules');
  const installed = join(folder, 'installed.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === description) return modules;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), description);
  await execute('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  writeFileSync(installed, description);
  return modules;
}

let modules = '';
const reason =
  process.env.TRACT_REGISTRY_SUITE === undefined
    ? 'set TRACT_REGISTRY_SUITE=1 to run it'
    : await programs().then(
        (folder) => {
          modules = folder;
        },
        ({ message }) => `verdaccio, pnpm and Yarn cannot be fetched: ${message}`,
      );
if (reason) console.warn(`installs from a registry of this machine are not tested: ${reason}`);

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Start an empty registry that knows no other. */
async function startRegistry(verdaccio: string) {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const lines = ['storage: ./storage', 'uplinks: {}', "packages: { '**': { access: $all, publish: $all } }", 'max_body_size: 200mb'];
  writeFileSync(join(scratch, 'config.yaml'), lines.join('\n'));
  const child = spawn(process.execPath, [verdaccio, '--config', 'config.yaml', '--listen', url], { cwd: scratch, stdio: 'ignore' });
  while ((await fetch(`${url}-/ping`).catch(() => undefined))?.ok !== true) {
    if (child.exitCode !== null) throw new Error(`verdaccio ended with code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { url, stop: () => child.kill() };
}

/** Tarballs of all that is installed: our packages, with the binaries named by backend-native where they are built, as a release names them, and those of others. */
async function tarballs(): Promise<string[]> {
  const packed = await packAll(scratch);
  const names = [...packed.values()].flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}));
  const folders = foldersOf([...new Set(names)].filter((name) => !packed.has(name)));
  if (hasBinaries) {
    const native = join(scratch, 'backend-native');
    cpSync(join(root, 'packages/backend-native'), native, {
      recursive: true,
      filter: (path) => !/\/(prebuilt|build|node_modules)$/.test(path),
    });
    await execute(process.execPath, ['optional-binaries.mjs', 'add'], { cwd: native });
    folders.push(native, ...binaries); // in place of the one that packAll has packed
  }
  const rest = (await pack(scratch, folders)).map(({ filename }) => join(scratch, filename));
  return [...new Set([...[...packed.values()].map(({ tarball }) => tarball), ...rest])];
}

/** Commands of a package manager: adds packages (by its own words for a name), runs a script and our command line in a project. */
type Manager = {
  readonly add: readonly string[];
  readonly named?: (name: string) => string;
  readonly node: readonly string[];
  readonly tract: readonly string[];
};
let env: Record<string, string | undefined>;
let registry: { readonly url: string; readonly stop: () => void };

const pnpm = () => [process.execPath, join(modules, 'pnpm/bin/pnpm.cjs')];
const yarn = () => [process.execPath, join(modules, '@yarnpkg/cli-dist/bin/yarn.js')];
const runtime = (name: string): string =>
  machines.find((machine) => machine.platform === 'linux-x64' && machine.runtime.startsWith(name))!.command()[0];
const managers: Readonly<Record<string, () => Manager>> = {
  // npm asks the registry for optional peers too, before it leaves them out; they are not there.
  npm: () => ({ add: ['npm', 'install', '--ignore-scripts', '--legacy-peer-deps'], node: ['node'], tract: ['npx', '--no', 'tract'] }),
  pnpm: () => ({ add: [...pnpm(), 'add'], node: ['node'], tract: [...pnpm(), 'exec', 'tract'] }),
  'yarn, which makes no node_modules': () => ({ add: [...yarn(), 'add'], node: [...yarn(), 'node'], tract: [...yarn(), 'tract'] }),
  ...(process.platform === 'linux' &&
    process.arch === 'x64' && {
      Bun: () => ({ add: [runtime('Bun'), 'add'], node: [runtime('Bun')], tract: [runtime('Bun'), '--bun', 'x', 'tract'] }),
      Deno: () => ({
        add: [runtime('Deno'), 'add'],
        named: (name: string) => `npm:${name}`,
        node: [runtime('Deno'), 'run', '-A'],
        tract: [runtime('Deno'), 'run', '-A', 'npm:@tract/cli'],
      }),
    }),
};

if (!reason)
  beforeAll(async () => {
    registry = await startRegistry(join(modules, 'verdaccio/bin/verdaccio'));
    const home = join(scratch, 'home');
    mkdirSync(home);
    const { url } = registry;
    writeFileSync(join(home, '.npmrc'), `registry=${url}\n${url.replace('http:', '')}:_authToken=anyone\nupdate-notifier=false\n`);
    // Yarn leaves versions alone that are younger than a day.
    const yarnSettings = ['unsafeHttpWhitelist: ["127.0.0.1"]', 'enableTelemetry: false', 'nodeLinker: pnp', 'npmMinimalAgeGate: 0'];
    writeFileSync(join(home, '.yarnrc.yml'), [`npmRegistryServer: "${url}"`, ...yarnSettings].join('\n'));
    env = {
      PATH: process.env.PATH,
      HOME: home,
      npm_config_cache: join(scratch, 'cache'),
      NPM_CONFIG_REGISTRY: url,
      DENO_DIR: join(scratch, 'deno'),
    };
    const pending = await tarballs();
    while (pending.length > 0)
      await Promise.all(
        pending.splice(0, 4).map((tarball) => execute('npm', ['publish', tarball, '--ignore-scripts'], { env, cwd: scratch })),
      );
  });

afterAll(() => {
  registry?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

describe.skipIf(reason)(`what is published is installed by a stranger, and draws${reason ? ' (skipped)' : ''}`, () => {
  test.each(Object.entries(managers))('by %s', async (name, managerOf) => {
    const { add, named = (given) => given, node, tract } = managerOf();
    const project = mkdtempSync(join(scratch, 'project-'));
    const run = ([program, ...args]: readonly string[]) =>
      execute(program, args, { env, cwd: project }).catch(({ message, stdout }) => Promise.reject(new Error(`${message}${stdout}`)));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
    if (name.startsWith('yarn')) writeFileSync(join(project, 'yarn.lock'), '');
    if (name === 'Deno') writeFileSync(join(project, 'deno.json'), '{ "minimumDependencyAge": 0 }'); // it leaves them alone, too
    const [, names] = /^npm i (.*)$/m.exec(readFileSync(join(root, 'packages/distill/README.md'), 'utf8'))!;
    await run([...add, ...[...names.split(' '), '@tract/cli'].map(named)]);

    const { code } = await transform(examplesOf('packages/distill')[0], { loader: 'ts', format: 'esm' });
    writeFileSync(join(project, 'example.mjs'), code);
    expect((await run([...node, 'example.mjs'])).stdout).toBe('[ 2, 8, 8, 1 ]\n');

    const { stdout } = await run([...tract, 'sample', 'mnist-student', '--count', '4', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 1, count: 4, backend: { name: hasBinaries ? 'native' : 'wasm' } });
    expect(readdirSync(project)).toContain('mnist-student.png');
  });

  test('by npm for the whole machine', async () => {
    const project = mkdtempSync(join(scratch, 'project-'));
    const prefix = join(scratch, 'prefix');
    await execute('npm', ['install', '--global', '--prefix', prefix, '--ignore-scripts', '--legacy-peer-deps', '@tract/cli'], {
      env,
      cwd: project,
    });
    const { stdout } = await execute(join(prefix, 'bin/tract'), ['sample', 'mnist-student', '--count', '4', '--json'], {
      env,
      cwd: project,
    });
    expect(JSON.parse(stdout)).toMatchObject({ steps: 1, count: 4, backend: { name: hasBinaries ? 'native' : 'wasm' } });
    expect(readdirSync(project)).toContain('mnist-student.png');
  });
});
