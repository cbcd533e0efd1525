import { spawnSync } from 'node:child_process';
import { builtAddons, sourceDigest } from './addon.js';

/** What this machine has of MPI. */
export type MpiHere = {
  /** Programs that start ranks, by their first line of version. */
  readonly launchers: readonly { readonly name: string; readonly version: string }[];
  /** MPI compilers, by name. */
  readonly compilers: readonly string[];
  /** Addons that were built; `current` if for this version of the program. */
  readonly addons: readonly { readonly library: string; readonly path: string; readonly current: boolean }[];
};

const firstLine = (program: string, ...args: readonly string[]): string | undefined => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 });
  return status === 0 ? stdout.trim().split('\n')[0] : undefined;
};

/** Find the launchers and compilers of MPI on the PATH, and the addons that were built for them. Starts each to ask for its version. */
export function mpiHere(): MpiHere {
  const launchers = ['mpirun', 'mpirun.openmpi', 'mpiexec.hydra', 'srun'].flatMap((name) => {
    const version = firstLine(name, '--version');
    return version === undefined ? [] : [{ name, version: version.replace(/\s+/g, ' ') }];
  });
  const compilers = ['mpicc', 'mpicc.openmpi', 'mpicc.mpich'].filter((name) => firstLine(name, '-show') !== undefined);
  const source = sourceDigest();
  return {
    launchers,
    compilers,
    addons: builtAddons().map(({ library, path, source: of }) => ({ library, path, current: of === source })),
  };
}

/** Say in a line what there is, and what is missing for a training over several processes. */
export function mpiWords({ launchers, compilers, addons }: MpiHere): string {
  const current = addons.filter((addon) => addon.current);
  const found = launchers.map(({ name, version }) => `${name} (${version})`).join(', ');
  if (current.length > 0) {
    const built = current.map(({ library }) => library).join(' and ');
    return launchers.length > 0
      ? `${built}, built; started by ${found}`
      : `${built}, built, but no mpirun, mpiexec.hydra or srun is on the PATH`;
  }
  if (launchers.length === 0 && compilers.length === 0)
    return 'none: install openmpi-bin and libopenmpi-dev, or load the MPI module of this site';
  if (compilers.length === 0) return `${found}, but no mpicc: install libopenmpi-dev or libmpich-dev, or load the MPI module of this site`;
  return `${found || 'no launcher'}, not built for: tract mpi build --mpicc ${compilers[0]}`;
}
