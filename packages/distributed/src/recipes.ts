import type { Job } from 'kubernetes-types/batch/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';

/** What a recipe starts: a command line without the program, and on how much. */
export type Recipe = {
  /** Arguments of the program, such as `['train', '--preset', 'mnist', '--out', 'runs/a']`. */
  readonly args: readonly string[];
  /** Ranks of a training, or tasks of an array. */
  readonly tasks: number;
  /** Cores of each. */
  readonly cores: number;
  /** Hosts of mpirun, mpiexec. Default: this one. */
  readonly hosts?: readonly string[];
  /** Name of the job. */
  readonly name: string;
  /** Container image of Kubernetes, with the program as its `tract`. */
  readonly image: string;
  /** Claim of a volume that all pods share, at /work. */
  readonly volume: string;
  /** Time limit of Slurm, such as 24:00:00. */
  readonly time: string;
  /** Family of MPI under Slurm. Default: open-mpi. */
  readonly mpi?: 'open-mpi' | 'mpich';
};

/** Engines that start many processes, and what each recipe is. */
export const engines = ['mpirun', 'mpiexec', 'slurm', 'slurm-array', 'kubernetes-job', 'kubernetes-mpi'] as const;
export type Engine = (typeof engines)[number];

/** How a shell starts the program here: Node with the script itself, since npx puts a shell between, which signals do not pass. */
export type Program = { readonly node: string; readonly script: string };

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const line = (words: readonly string[]): string => words.map(quoted).join(' ');
const commandOf = ({ node, script }: Program, args: readonly string[]): string[] => [node, script, ...args];

/** Write the command line of Open MPI's mpirun. Several hosts: a link that is cut is noticed after 10 s, and the ranks end before they are killed. */
function mpirunLine(program: Program, { args, tasks, cores, hosts = [] }: Recipe): string {
  const perHost = Math.ceil(tasks / Math.max(1, hosts.length));
  const remote = [
    ...['--host', hosts.map((host) => `${host}:${perHost}`).join(',')],
    ...['--mca', 'oob_tcp_keepalive_time', '4', '--mca', 'oob_tcp_keepalive_intvl', '2', '--mca', 'oob_tcp_keepalive_probes', '3'],
  ];
  const bound = ['--map-by', `slot:PE=${cores}`, '--bind-to', 'core', '--mca', 'mpi_yield_when_idle', '1'];
  return line(['mpirun', '-n', `${tasks}`, ...bound, ...(hosts.length > 0 ? remote : []), ...commandOf(program, args)]);
}

/** Write the command line of MPICH's mpiexec, and of its descendants'. */
const mpiexecLine = (program: Program, { args, tasks, hosts = [] }: Recipe): string =>
  line(['mpiexec.hydra', '-n', `${tasks}`, ...(hosts.length > 0 ? ['-hosts', hosts.join(',')] : []), ...commandOf(program, args)]);

/** Write a batch script of Slurm for a training: USR1 saves two minutes before the limit, and the job that was cut off is submitted again from its checkpoint. */
function slurmScript(program: Program, { args, tasks, cores, name, time, mpi = 'open-mpi' }: Recipe): string {
  const step = ['srun', `--mpi=${mpi === 'open-mpi' ? 'pmix' : 'pmi2'}`, '-K1', '--cpu-bind=cores'];
  return [
    ...batchHead({ name, cores, time }),
    `#SBATCH --ntasks=${tasks}`,
    '#SBATCH --signal=USR1@120',
    '#SBATCH --requeue',
    '#SBATCH --open-mode=append',
    '# srun loses exit codes: RUN/outcome.json tells how a run ended.',
    line([...step, ...commandOf(program, [...args, ...resumed(args)])]),
    '',
  ].join('\n');
}

const resumed = (args: readonly string[]): string[] =>
  (args[0] === 'train' || args[0] === 'distill') && !args.includes('--resume') ? ['--resume', 'latest'] : [];

const batchHead = ({ name, cores, time }: Pick<Recipe, 'name' | 'cores' | 'time'>): string[] => [
  '#!/bin/bash',
  `#SBATCH --job-name=${name}`,
  `#SBATCH --cpus-per-task=${cores}`,
  `#SBATCH --time=${time}`,
];

/** Write a script of a Slurm array for work in shards. `exec`: without it bash has the signals, and dies of them. */
const slurmArrayScript = (program: Program, recipe: Recipe): string =>
  [
    ...batchHead(recipe),
    `#SBATCH --array=0-${recipe.tasks - 1}`,
    '#SBATCH --requeue',
    `exec ${line(commandOf(program, sharded(recipe)))}`,
    '',
  ].join('\n');

const sharded = ({ args, tasks }: Recipe): string[] => [
  ...args,
  ...(args.includes('--shards') ? [] : ['--shards', `${tasks}`]),
  ...(args.includes('--shard') ? [] : ['--shard', 'auto']),
];

const podOf = ({ image, volume }: Recipe, name: string, cores: number, command?: readonly string[]) =>
  ({
    spec: {
      restartPolicy: 'Never',
      containers: [
        {
          name,
          image,
          ...(command && { command: [...command] }),
          workingDir: '/work',
          resources: { requests: { cpu: `${cores}` }, limits: { cpu: `${cores}` } },
          volumeMounts: [{ name: 'work', mountPath: '/work' }],
        },
      ],
      volumes: [{ name: 'work', persistentVolumeClaim: { claimName: volume } }],
    },
  }) satisfies PodTemplateSpec;

/** Make an Indexed Job of Kubernetes for work in shards: a shard that fails is tried again by itself, and none is done by two pods at once. */
const indexedJob = (recipe: Recipe) =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: recipe.name },
    spec: {
      completionMode: 'Indexed',
      completions: recipe.tasks,
      parallelism: recipe.tasks,
      backoffLimitPerIndex: 3,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          // Usage and bad data would fail again.
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [2, 3] } },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: podOf(recipe, 'tract', recipe.cores, ['tract', ...sharded(recipe)]),
    },
  }) satisfies Job;

/** Make a job of Kubeflow's MPI operator for a training, a rank for each worker. */
function mpiJob(recipe: Recipe) {
  const { name, tasks, args, cores, mpi = 'open-mpi' } = recipe;
  const start = mpi === 'open-mpi' ? ['mpirun', '-n', `${tasks}`, '--bind-to', 'none'] : ['mpiexec.hydra', '-n', `${tasks}`];
  return {
    apiVersion: 'kubeflow.org/v2beta1',
    kind: 'MPIJob',
    metadata: { name },
    spec: {
      slotsPerWorker: 1,
      mpiImplementation: mpi === 'open-mpi' ? 'OpenMPI' : 'MPICH',
      runPolicy: { cleanPodPolicy: 'Running', backoffLimit: 10 },
      mpiReplicaSpecs: {
        Launcher: { replicas: 1, template: podOf(recipe, 'launcher', 1, [...start, 'tract', ...args, ...resumed(args)]) },
        Worker: { replicas: tasks, template: podOf(recipe, 'worker', cores) },
      },
    },
  };
}

/** Write a recipe: a command line, a script, or an object of Kubernetes, for its YAML. */
export function recipeFor(engine: Engine, program: Program, recipe: Recipe): string | object {
  if (engine === 'mpirun') return mpirunLine(program, recipe);
  if (engine === 'mpiexec') return mpiexecLine(program, recipe);
  if (engine === 'slurm') return slurmScript(program, recipe);
  if (engine === 'slurm-array') return slurmArrayScript(program, recipe);
  return engine === 'kubernetes-job' ? indexedJob(recipe) : mpiJob(recipe);
}
