import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { VersionActions } from 'nx/release';

const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];

/** What `nx release` asks of a project: all packages have one version and name each other by it. Stands for @nx/js, which brings 150 packages for this. */
export default class PackageVersions extends VersionActions {
  validManifestFilenames = ['package.json'];
  path = join(this.projectGraphNode.data.root, 'package.json');

  read = (tree) => JSON.parse(tree.read(this.path, 'utf-8'));
  write = (tree, manifest) => tree.write(this.path, `${JSON.stringify(manifest, null, 2)}\n`);

  async readCurrentVersionFromSourceManifest(tree) {
    return { manifestPath: this.path, currentVersion: this.read(tree).version };
  }

  async readCurrentVersionOfDependency(tree, _graph, name) {
    const manifest = this.read(tree);
    const kind = kinds.find((each) => manifest[each]?.[name] !== undefined);
    return { currentVersion: manifest[kind]?.[name] ?? null, dependencyCollection: kind ?? null };
  }

  async updateProjectVersion(tree, version) {
    this.write(tree, { ...this.read(tree), version });
    return [`${this.path}: ${version}`];
  }

  async updateProjectDependencies(tree, _graph, versions) {
    const manifest = this.read(tree);
    for (const kind of kinds)
      for (const name of Object.keys(manifest[kind] ?? {})) if (name in versions) manifest[kind][name] = versions[name];
    this.write(tree, manifest);
    return [];
  }
}

/** Bring the lock file up to date, for the commit. */
export async function afterAllProjectsVersioned(cwd, { dryRun }) {
  if (!dryRun)
    execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd, stdio: 'inherit' });
  return { changedFiles: dryRun ? [] : ['package-lock.json'], deletedFiles: [] };
}
