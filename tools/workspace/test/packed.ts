import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

type Manifest = {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: unknown;
  readonly bin?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
};

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** A package as it would be published. */
export type Packed = { readonly manifest: Manifest; readonly tarball: string; readonly bytes: number; readonly files: readonly string[] };

const npm = (cwd: string, ...args: string[]) =>
  promisify(execFile)('npm', args, { cwd, maxBuffer: 2 ** 26, env: { ...process.env, npm_config_update_notifier: 'false' } });

type Tarball = { readonly name: string; readonly filename: string; readonly size: number; readonly files: readonly { path: string }[] };

/** Pack folders as they are, without their scripts. */
export async function pack(to: string, folders: readonly string[]): Promise<Tarball[]> {
  const { stdout } = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', to, ...folders);
  return JSON.parse(stdout);
}

/** Bring the tarballs that `npm test` has checked into a folder; undefined where a test runs by itself. */
function packedBefore(to: string): Tarball[] | undefined {
  const from = process.env.TRACT_PACKED;
  const list = join(from ?? '', 'packed.json');
  if (!from || !existsSync(list)) return undefined;
  cpSync(from, to, { recursive: true });
  return JSON.parse(readFileSync(list, 'utf8'));
}

/** Pack every package that is not private, without building: `npm test` has done that. By name. */
export async function packAll(to: string): Promise<ReadonlyMap<string, Packed>> {
  const folders = ['packages', 'apps'].flatMap((room) => readdirSync(join(root, room)).map((name) => join(root, room, name)));
  const published = folders.filter((folder) => !manifestOf(folder).private);
  const packed = packedBefore(to) ?? (await pack(to, published));
  const manifests = new Map(published.map((folder) => [manifestOf(folder).name, manifestOf(folder)]));
  return new Map(
    packed.map(({ name, filename, size, files }) => [
      name,
      { manifest: manifests.get(name)!, tarball: join(to, filename), bytes: size, files: files.map(({ path }) => path) },
    ]),
  );
}

/** Paths inside the package that a field of its description names, at any depth. */
export const targetsOf = (field: unknown): string[] =>
  typeof field === 'string'
    ? [field.replace(/^\.\//, '')]
    : Object.values((field ?? {}) as Readonly<Record<string, unknown>>).flatMap(targetsOf);

/** Folders in the checkout of other packages and of what they need in turn. */
export function foldersOf(names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const folder = join(root, 'node_modules', name);
    if (found.has(folder) || !existsSync(folder)) return;
    found.add(folder);
    for (const dependency of Object.keys(manifestOf(folder).dependencies ?? {})) visit(dependency);
  };
  for (const name of names) visit(name);
  return [...found];
}

/** Put a package of the checkout's node_modules into a tarball: not compressed, as it is unpacked at once. */
async function tarOf(folder: string, to: string): Promise<{ name: string; tarball: string }> {
  const { name } = manifestOf(folder);
  const tarball = join(to, `${name.replace('/', '-')}.tar`);
  await promisify(execFile)('tar', ['-cf', tarball, '--exclude=node_modules', '-C', dirname(folder), basename(folder)]);
  return { name, tarball };
}

/** Another platform to install for, and packages that npm chooses by it: tarballs by name. */
export type ForPlatform = {
  readonly os: string;
  readonly cpu: string;
  readonly libc?: string;
  readonly optional: Readonly<Record<string, string>>;
};

/**
 * Make an empty project and install packages of ours there by name. Everything comes from tarballs: of what is not ours they
 * are made from the checkout's node_modules, which `npm ci` has checked, so that no registry is asked. Peers, all optional, are left out.
 * @returns the names in the project's node_modules.
 */
export async function installInto(
  project: string,
  packed: ReadonlyMap<string, Packed>,
  names: readonly string[],
  platform?: ForPlatform,
): Promise<string[]> {
  const wanted = new Set(names);
  for (const name of wanted) for (const other of Object.keys(packed.get(name)?.manifest.dependencies ?? {})) wanted.add(other);
  const ours = [...wanted].filter((name) => packed.has(name)).map((name) => [name, `file:${packed.get(name)!.tarball}`]);
  mkdirSync(project, { recursive: true });
  const folders = foldersOf([...wanted].filter((name) => !packed.has(name)));
  const others = await Promise.all(folders.map((folder) => tarOf(folder, project)));
  const description = {
    name: 'empty-project',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(ours.filter(([name]) => names.includes(name))),
    optionalDependencies: Object.fromEntries(Object.entries(platform?.optional ?? {}).map(([name, tarball]) => [name, `file:${tarball}`])),
    overrides: Object.fromEntries([
      ...ours.filter(([name]) => !names.includes(name)),
      ...others.map(({ name, tarball }) => [name, `file:${tarball}`]),
    ]),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(description, null, 2));
  const { os, cpu, libc } = platform ?? {};
  const chosen = Object.entries({ os, cpu, libc }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  await npm(project, 'install', '--offline', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', ...chosen);
  const modules = join(project, 'node_modules');
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]));
}

/** The TypeScript examples of a package's README. */
export const examplesOf = (folder: string): string[] =>
  Array.from(readFileSync(join(root, folder, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code]) => code);
