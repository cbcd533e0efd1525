import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { builtAddons } from '@tract/distributed/node';
import { describe, expect, test } from 'vitest';
import { bin, mpi, rankRuns, unasked } from '../testing/rank-runs.js';
import { finished, lackingMpi, type MpiName, mpis, type RanksStarted, startRanks } from '../testing/start-ranks.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';

const other: MpiName = mpi === 'mpich' ? 'open-mpi' : 'mpich';
const lacking = unasked ?? lackingMpi(other);
if (lacking !== undefined && unasked === undefined) console.log(`a launcher of ${other}: skipped, ${lacking}`);

if (unasked) console.log(`ranks over ${mpi}: skipped, ${unasked}`);

describe.skipIf(unasked !== undefined)(`what ranks over ${mpi} refuse is told with a remedy, and no process stays`, () => {
  const { at, env, start, training, train } = rankRuns();
  const command = () => [bin, ...training('no')];
  const launcher = [...mpis[mpi].launcher, '2'];

  /** Expect ranks to end with a code and sentences. */
  async function refused(started: RanksStarted, code: number, ...sentences: readonly string[]): Promise<void> {
    const end = await finished(started);
    for (const sentence of sentences) expect(end.text).toContain(sentence);
    expect(end.code).toBe(code);
  }

  test('no addon', () =>
    refused(
      start(2, command(), { TRACT_MPI: at('empty') }),
      4,
      'the addon for MPI is not built; run once on this machine: tract mpi build',
    ));

  test.skipIf(lacking !== undefined)(`a launcher of ${other}`, () =>
    refused(startRanks(2, command(), { mpi: other, env: env() }), 4, 'but the addon is built for', `tract mpi build --mpicc mpicc.`),
  );

  test('ranks that MPI does not know', () => {
    const step = { SLURM_STEP_ID: '0', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '2' };
    return refused(start(1, command(), step, ['env']), 4, 'srun started 2 processes, but', 'knows of 1: they are strangers to each other');
  });

  test('an addon of another library', async () => {
    cpSync(at('mpi'), at('false'), { recursive: true });
    const [record] = builtAddons(at('false')).map(({ path }) => path.replace('mpi.node', 'mpi.json'));
    writeFileSync(record, readFileSync(record, 'utf8').replace(/"library": "[^"]*"/, '"library": "Old MPI 1.0"'));
    await refused(start(2, command(), { TRACT_MPI: at('false') }), 4, 'was built for Old MPI 1.0, but this machine loads');
  });

  test('other settings and other images than rank 0', async () => {
    const rank = mpi === 'mpich' ? '$PMI_RANK' : '$OMPI_COMM_WORLD_RANK';
    const byRank = (script: string) => [...launcher, 'sh', '-c', script, 'sh'];
    const seeds = byRank(`exec "$@" --seed ${rank}`);
    await refused(start(2, command(), {}, seeds), 2, '[rank 1] error: rank 1 differs from rank 0: seed 0 -> 1; start all ranks');
    writeTinyDigits(at('digits-1'), 32);
    cpSync(at('digits'), at('digits-0'), { recursive: true });
    const images = byRank(`TRACT_MNIST=${at('digits-')}${rank} exec "$@"`);
    await refused(start(2, command(), {}, images), 2, '[rank 1] error: rank 1 differs from rank 0: data {');
    expect(existsSync(at('no'))).toBe(false);
  });

  test('a folder that cannot be written, and options that cannot be', async () => {
    await refused(train(2, 'no', '--out', '/proc/no'), 2, 'cannot create');
    await refused(train(2, 'no', '--batch', '0'), 2, "option '--batch");
    await refused(train(2, 'no', '--max-restarts', '2'), 2, '--max-restarts starts one process and cannot start ranks');
    await refused(train(3, 'no', '--reduce', 'ordered', '--sum-shards', '2'), 2, '3 ranks are more than the 2 shards');
    expect(existsSync(at('no'))).toBe(false);
  });
});
