import { DistributedError } from './distributed-error.js';

/** Variables of a process, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Families of MPI libraries: a program built for one is alone under the launcher of the other. */
export type MpiFamily = 'open-mpi' | 'mpich';

/** What started this process beside others. */
export type Launch = {
  /** In words. */
  readonly launcher: string;
  /** Family whose programs it starts; undefined where it starts both. */
  readonly family?: MpiFamily;
  readonly rank: number;
  /** Number of processes; undefined where it does not say. */
  readonly size?: number;
};

/** Prefixes of the variables by which launchers speak to their processes. A child that had them would join its parent's run, and spoil it. */
const prefixes = /^(OMPI_|PMIX_|PMI_|HYDI_|MPI_LOCAL)/;

/** Return the environment for children of a rank: without the launcher's variables. */
export const withoutLauncher = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !prefixes.test(name)));

/** Find out which launcher started this process as one of several; undefined for none. @throws DistributedError (launcher) for variables that are no numbers. */
export function launchOf(env: Environment): Launch | undefined {
  const number = (name: string): number | undefined => {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    if (/^\d+$/.test(text)) return Number(text);
    throw new DistributedError('launcher', `${name} is '${text}', expected a whole number; start it by mpirun, mpiexec or srun again`);
  };
  const by = (launcher: string, family: MpiFamily | undefined, rank: string, size: string): Launch | undefined => {
    const [at, of] = [number(rank), number(size)];
    return at === undefined || of === undefined ? undefined : { launcher, rank: at, size: of, ...(family && { family }) };
  };
  // A step of Slurm; in a batch script, where SLURM_PROCID is 0 too, there is none.
  const inStep = env.SLURM_STEP_ID !== undefined && env.SLURM_STEP_ID !== '';
  const pmix = number('PMIX_RANK');
  return (
    by('mpirun of Open MPI', 'open-mpi', 'OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE') ??
    by(inStep ? 'srun --mpi=pmi2' : 'mpiexec of MPICH', 'mpich', 'PMI_RANK', 'PMI_SIZE') ??
    (inStep ? by('srun', pmix === undefined ? undefined : 'open-mpi', 'SLURM_PROCID', 'SLURM_STEP_NUM_TASKS') : undefined) ??
    (pmix === undefined ? undefined : { launcher: 'a launcher that speaks PMIx', rank: pmix })
  );
}
