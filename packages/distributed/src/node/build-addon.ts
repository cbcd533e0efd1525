import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DistributedError } from '../distributed-error.js';
import { withoutLauncher } from '../launch.js';
import { addonFolder, type BuiltAddon, namedLibrary, sourceDigest, sourcePath } from './addon.js';

export type BuildOptions = {
  /** Compiler of the MPI to build for. Default: mpicc. */
  readonly mpicc?: string;
  /** Folder to build in. Default: `addonFolder()`. */
  readonly folder?: string;
};

const flags = ['-shared', '-fPIC', '-O2', '-std=gnu11', '-Wall', '-DNAPI_VERSION=8'];

const failed = (message: string) => new DistributedError('build', message);

/**
 * Build the addon with the MPI compiler of this site, into a folder that is named after the library and its version.
 * @throws DistributedError (build) when there is no such compiler, or what it builds does not load.
 */
export function buildAddon({ mpicc = 'mpicc', folder = addonFolder() }: BuildOptions = {}): BuiltAddon {
  const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
  const fresh = join(folder, `build-${process.pid}.tmp`);
  mkdirSync(fresh, { recursive: true });
  try {
    const path = join(fresh, 'mpi.node');
    const compiled = spawnSync(mpicc, [...flags, `-I${join(headers, 'include')}`, sourcePath, '-o', path, '-lpthread'], {
      encoding: 'utf8',
    });
    if (compiled.error)
      throw failed(
        `cannot run ${mpicc} (${(compiled.error as NodeJS.ErrnoException).code}); load the MPI module of this site, install libopenmpi-dev or libmpich-dev, or name it by --mpicc`,
      );
    if (compiled.status !== 0)
      throw failed(`${mpicc} ended with code ${compiled.status}: ${firstError(compiled.stderr)}; --mpicc names another compiler`);
    const { family, library } = namedLibrary(versionOf(path));
    const place = join(folder, `${library.toLowerCase().replace(/[^a-z0-9.]+/g, '-')}-napi8`);
    const record = { family, library, mpicc, source: sourceDigest(), built: Date.now() };
    writeFileSync(join(fresh, 'mpi.json'), `${JSON.stringify(record, null, 2)}\n`);
    if (existsSync(place)) rmSync(place, { recursive: true });
    renameSync(fresh, place);
    return { ...record, path: join(place, 'mpi.node') };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const firstError = (text: string): string =>
  text.split('\n').find((line) => /error|cannot|not found/i.test(line)) ?? text.trim().split('\n')[0];

/** Ask a built addon for its library in a process of its own: a process cannot let go of one. */
function versionOf(path: string): string {
  const script = `process.env.UCX_ERROR_SIGNALS ??= ''; process.env.UCX_MEM_EVENTS ??= 'n';
    const { constants: { dlopen } } = require('node:os'); const m = { exports: {} };
    process.dlopen(m, ${JSON.stringify(path)}, dlopen.RTLD_LAZY | dlopen.RTLD_GLOBAL); process.stdout.write(m.exports.libraryVersion());`;
  const asked = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: withoutLauncher(process.env) });
  if (asked.status === 0 && asked.stdout !== '') return asked.stdout;
  throw failed(
    `what was built does not load (${firstError(asked.stderr)}); load the MPI module of this site, or name its compiler by --mpicc`,
  );
}
