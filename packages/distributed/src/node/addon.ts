import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, constants as system } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DistributedError } from '../distributed-error.js';
import type { MpiFamily } from '../launch.js';

/** Kinds of collectives by their numbers in native/op.h. */
export const kinds = { sum: 0, tree: 1, broadcast: 2, barrier: 3, agree: 4, finalize: 5 } as const;

/** The facts that MPI tells of a rank. */
type RankFacts = {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  /** Ranks of this host that may run on a core of this one's. */
  readonly sharing: number;
  readonly host: string;
};

/** What native/mpi.c exports. */
export type MpiAddon = {
  readonly libraryVersion: () => string;
  readonly open: (seconds: number, spin: boolean) => RankFacts;
  readonly run: (
    kind: number,
    array: ArrayBufferView | undefined,
    flags: number,
    parts?: readonly Float32Array[],
    nodes?: Int32Array,
    wireBytes?: number,
  ) => Promise<number>;
  readonly abort: (code: number) => never;
};

/** An addon that was built, as mpi.json beside it says. */
export type BuiltAddon = {
  readonly path: string;
  readonly family: MpiFamily;
  /** First line of MPI_Get_library_version when it was built. */
  readonly library: string;
  readonly mpicc: string;
  /** SHA-256 of the source. */
  readonly source: string;
};

const sourceFolder = fileURLToPath(new URL('../../native/', import.meta.url));

export const sourcePath = join(sourceFolder, 'mpi.c');

/** Return the SHA-256 of all files of the source, by name. */
export function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(sourceFolder).sort()) hash.update(readFileSync(join(sourceFolder, name)));
  return hash.digest('hex');
}

/** Folder of the addons that were built: TRACT_MPI, or `tract/mpi` in the user's cache folder. */
export const addonFolder = (): string =>
  process.env.TRACT_MPI || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tract', 'mpi');

/** List the addons that were built here, the last first. */
export function builtAddons(folder: string = addonFolder()): BuiltAddon[] {
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder).flatMap((name) => readBuilt(join(folder, name)) ?? []);
  return found.sort((a, b) => b.built - a.built);
}

function readBuilt(folder: string): (BuiltAddon & { readonly built: number }) | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, 'mpi.json'), 'utf8')) as BuiltAddon & { readonly built: number };
    const path = join(folder, 'mpi.node');
    return existsSync(path) ? { ...record, path } : undefined;
  } catch {
    return undefined;
  }
}

/** Name the family and the version of a library by its own words. */
export function namedLibrary(version: string): { readonly family: MpiFamily; readonly library: string } {
  const words = version.trim().split(/\s*\n\s*/);
  const openMpi = /Open MPI v([^\s,]+)/.exec(version)?.[1];
  if (openMpi) return { family: 'open-mpi', library: `Open MPI ${openMpi}` };
  const mpich = /MPICH Version:\s*(\S+)/.exec(version)?.[1];
  return { family: 'mpich', library: mpich ? `MPICH ${mpich}` : words[0] };
}

/**
 * Set what UCX, the transport of MPICH and of some Open MPIs, reads when it is loaded. Without the first it takes SIGSEGV, by which V8 catches WebAssembly's accesses out of
 * bounds; without the second its hooks in memory allocation race with V8's threads.
 */
function prepareUcx(): void {
  process.env.UCX_ERROR_SIGNALS ??= '';
  process.env.UCX_MEM_EVENTS ??= 'n';
}

/** Load an addon into this process. @throws DistributedError (library) where its library is missing. */
export function loadAddon(path: string): MpiAddon {
  prepareUcx();
  const module = { exports: {} as MpiAddon };
  try {
    // Global: plug-ins of some MPIs are not linked with the library that loads them.
    process.dlopen(module, path, system.dlopen.RTLD_LAZY | system.dlopen.RTLD_GLOBAL);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new DistributedError('library', `cannot load ${path}: ${reason}; load this site's MPI, or build again: tract mpi build`, {
      cause: error,
    });
  }
  return module.exports;
}
