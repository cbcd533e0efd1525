import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
export type Packed = { readonly manifest: Manifest; readonly tarball: string; readonly files: readonly string[] };

const npm = (cwd: string, ...args: string[]) =>
  promisify(execFile)('npm', args, { cwd, maxBuffer: 2 ** 26, env: { ...process.env, npm_config_update_notifier: 'false' } });

/** Packs every package that is not private, without building: `npm test` has done that. By name. */
export async function packAll(to: string): Promise<ReadonlyMap<string, Packed>> {
  const folders = ['packages', 'apps'].flatMap((room) => readdirSync(join(root, room)).map((name) => join(root, room, name)));
  const published = folders.filter((folder) => !manifestOf(folder).private);
  const { stdout } = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', to, ...published);
  const packed = JSON.parse(stdout) as { name: string; filename: string; files: { path: string }[] }[];
  const manifests = new Map(published.map((folder) => [manifestOf(folder).name, manifestOf(folder)]));
  return new Map(
    packed.map(({ name, filename, files }) => [
      name,
      { manifest: manifests.get(name)!, tarball: join(to, filename), files: files.map(({ path }) => path) },
    ]),
  );
}

/** Paths inside the package that a field of its description names, at any depth. */
export const targetsOf = (field: unknown): string[] =>
  typeof field === 'string'
    ? [field.replace(/^\.\//, '')]
    : Object.values((field ?? {}) as Readonly<Record<string, unknown>>).flatMap(targetsOf);

/** What the packages need besides each other, and what that needs, as it lies in the checkout. */
function othersOf(names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string): void => {
    const folder = join(root, 'node_modules', name);
    if (found.has(name) || !existsSync(folder)) return;
    found.set(name, folder);
    for (const dependency of Object.keys(manifestOf(folder).dependencies ?? {})) visit(dependency);
  };
  for (const name of names) visit(name);
  return found;
}

/**
 * Makes an empty project and installs packages of ours there by name. What they need comes from tarballs where it is ours and from the
 * checkout's node_modules, which `npm ci` has checked, where it is not: no registry is asked.
 * @returns the names in the project's node_modules.
 */
export async function installInto(project: string, packed: ReadonlyMap<string, Packed>, names: readonly string[]): Promise<string[]> {
  const wanted = new Set(names);
  for (const name of wanted) for (const other of Object.keys(packed.get(name)?.manifest.dependencies ?? {})) wanted.add(other);
  const ours = [...wanted].filter((name) => packed.has(name)).map((name) => [name, `file:${packed.get(name)!.tarball}`]);
  const others = [...othersOf([...wanted].filter((name) => !packed.has(name)))].map(([name, folder]) => [name, `file:${folder}`]);
  const description = {
    name: 'empty-project',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(ours.filter(([name]) => names.includes(name))),
    overrides: Object.fromEntries([...ours.filter(([name]) => !names.includes(name)), ...others]),
  };
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'package.json'), JSON.stringify(description, null, 2));
  await npm(project, 'install', '--offline', '--ignore-scripts', '--install-links', '--no-audit', '--no-fund');
  const modules = join(project, 'node_modules');
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]));
}

/** The TypeScript examples of a package's README. */
export const examplesOf = (folder: string): string[] =>
  Array.from(readFileSync(join(root, folder, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code]) => code);
