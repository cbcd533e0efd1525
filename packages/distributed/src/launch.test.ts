import { expect, test } from 'vitest';
import { launchOf, withoutLauncher } from './launch.js';

const pmix = { PMIX_RANK: '1' };
const step = { SLURM_STEP_ID: '0', SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '3' };

test.each([
  ['nothing', {}, undefined],
  ['mpirun', { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4', ...pmix }, ['mpirun of Open MPI', 'open-mpi', 1, 4]],
  ['mpiexec.hydra', { PMI_RANK: '2', PMI_SIZE: '4' }, ['mpiexec of MPICH', 'mpich', 2, 4]],
  ['srun with PMI2', { ...step, PMI_RANK: '1', PMI_SIZE: '3' }, ['srun --mpi=pmi2', 'mpich', 1, 3]],
  ['srun with PMIx', { ...step, ...pmix }, ['srun', 'open-mpi', 1, 3]],
  ['srun without MPI', step, ['srun', undefined, 1, 3]],
  ['a batch script, whose SLURM_PROCID is no rank', { SLURM_PROCID: '0', SLURM_NTASKS: '4' }, undefined],
  ['PMIx alone', pmix, ['a launcher that speaks PMIx', undefined, 1, undefined]],
] as const)('the variables of %s tell of it', (_, env, expected) => {
  const found = launchOf(env);
  expect(found && [found.launcher, found.family, found.rank, found.size]).toEqual(expected);
});

test('a variable that is no number is told, and children get none of them', () => {
  expect(() => launchOf({ PMI_RANK: 'x', PMI_SIZE: '2' })).toThrow("PMI_RANK is 'x', expected a whole number");
  const names = ['OMPI_A', 'PMIX_B', 'PMI_C', 'HYDI_D', 'MPI_LOCALRANKID'];
  expect(withoutLauncher(Object.fromEntries([...names, 'PATH'].map((name) => [name, '1'])))).toEqual({ PATH: '1' });
});
