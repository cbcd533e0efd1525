import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { recipeFor } from './recipes.js';

const program = { node: '/usr/bin/node', script: '/opt/my tract/tract.mjs' };
const train = {
  args: ['train', '--preset', 'mnist', '--out', "it's"],
  tasks: 4,
  cores: 2,
  name: 'a',
  image: 'i',
  volume: 'w',
  time: '1:00:00',
};
const sample = { ...train, args: ['sample', 'mnist-student', '--count', '50K', '--out', 'drawn'] };

test('words reach the program as they were given, through a shell', () => {
  for (const engine of ['mpirun', 'mpiexec', 'slurm', 'slurm-array'] as const) {
    const recipe = recipeFor(engine, program, { ...train, hosts: ['a', 'b'] }) as string;
    const last = recipe.trimEnd().split('\n').at(-1)!;
    const heard = spawnSync('sh', ['-c', `printf '%s\\n' ${last}`], { encoding: 'utf8' }).stdout.split('\n');
    const from = heard.indexOf('/usr/bin/node');
    expect(heard.slice(from, from + 7)).toEqual([program.node, program.script, ...train.args]);
  }
});

test('launch recipes', () => {
  expect(recipeFor('mpirun', program, train)).toMatchInlineSnapshot(
    `"mpirun -n 4 --map-by slot:PE=2 --bind-to core --mca mpi_yield_when_idle 1 /usr/bin/node '/opt/my tract/tract.mjs' train --preset mnist --out 'it'\\''s'"`,
  );
  expect(recipeFor('slurm', program, { ...train, mpi: 'mpich' })).toMatchInlineSnapshot(`
    "#!/bin/bash
    #SBATCH --job-name=a
    #SBATCH --cpus-per-task=2
    #SBATCH --time=1:00:00
    #SBATCH --ntasks=4
    #SBATCH --signal=USR1@120
    #SBATCH --requeue
    #SBATCH --open-mode=append
    # srun loses exit codes: RUN/outcome.json tells how a run ended.
    srun --mpi=pmi2 -K1 --cpu-bind=cores /usr/bin/node '/opt/my tract/tract.mjs' train --preset mnist --out 'it'\\''s' --resume latest
    "
  `);
  expect(recipeFor('slurm-array', program, sample)).toMatchInlineSnapshot(`
    "#!/bin/bash
    #SBATCH --job-name=a
    #SBATCH --cpus-per-task=2
    #SBATCH --time=1:00:00
    #SBATCH --array=0-3
    #SBATCH --requeue
    exec /usr/bin/node '/opt/my tract/tract.mjs' sample mnist-student --count 50K --out drawn --shards 4 --shard auto
    "
  `);
});

test('jobs of Kubernetes do each shard by the index of its pod, and trainings start their ranks from a launcher', () => {
  expect(recipeFor('kubernetes-job', program, sample)).toMatchObject({
    spec: {
      ...{ completionMode: 'Indexed', completions: 4, podReplacementPolicy: 'Failed' },
      template: {
        spec: { restartPolicy: 'Never', containers: [{ command: ['tract', ...sample.args, '--shards', '4', '--shard', 'auto'] }] },
      },
    },
  });
  expect(recipeFor('kubernetes-mpi', program, { ...train, mpi: 'mpich' })).toMatchObject({
    spec: {
      mpiImplementation: 'MPICH',
      mpiReplicaSpecs: {
        Launcher: {
          template: { spec: { containers: [{ command: ['mpiexec.hydra', '-n', '4', 'tract', ...train.args, '--resume', 'latest'] }] } },
        },
        Worker: { replicas: 4 },
      },
    },
  });
});
