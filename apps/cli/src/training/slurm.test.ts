import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readNpz } from '@tract/checkpoint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { committedSteps } from '../testing/committed-steps.js';
import { mpi, rankRuns } from '../testing/rank-runs.js';
import { lackingSlurm, type SlurmNode, startSlurmNode } from '../testing/slurm-node.js';
import { lackingMpi } from '../testing/start-ranks.js';
import { scratchFolder } from '../testing/tract.js';

const unasked = process.env.TRACT_SLURM_SUITE === undefined ? 'set TRACT_SLURM_SUITE=1 to run them' : (lackingSlurm() ?? lackingMpi(mpi));
if (unasked) console.log(`jobs of Slurm: skipped, ${unasked}`);

describe.skipIf(unasked !== undefined)(`jobs of a Slurm of one node, over ${mpi}`, () => {
  const { at, env, alone, training, bytesOf } = rankRuns();
  const scratch = scratchFolder();
  let node: SlurmNode;
  beforeAll(async () => {
    node = await startSlurmNode(scratch.path);
  });
  afterAll(async () => {
    await node?.stop();
    scratch.remove();
  });

  /** Submit what `tract launch` prints for a command. */
  async function launch(engine: string, options: readonly string[], command: readonly string[]): Promise<string> {
    const script = await alone(['launch', engine, '--time', '60', ...options, '--', ...command]);
    expect(script).toMatchObject({ code: 0 });
    return node.submit(script.stdout, env());
  }

  /** Wait until a condition holds, or all of a job has ended. */
  async function until(job: string, condition: () => boolean): Promise<void> {
    const isOver = (): boolean => node.statesOf(job).every((state) => !/PENDING|RUNNING|COMPLETING|REQUEUE/.test(state));
    while (!condition() && !isOver()) await sleep(50);
    expect(condition(), outputOf(job)).toBe(true);
  }
  const outputOf = (job: string): string =>
    readdirSync(scratch.path)
      .filter((name) => name.startsWith(`slurm-${job}`))
      .map((name) => `${name}: ${readFileSync(join(scratch.path, name), 'utf8')}`)
      .join('\n');
  const ended = (job: string): Promise<void> => until(job, () => node.statesOf(job).every((state) => state === 'COMPLETED'));

  test('tasks of an array draw the images of one command, also where one is killed and queued again', async () => {
    const drawing = ['sample', 'mnist-teacher', '--steps', '8', '--count', '120', '--threads', '1', '--silent'];
    const job = await launch('slurm-array', ['--tasks', '3'], [...drawing, '--out', at('parts')]);
    const task = `${job}_1`;
    await until(task, () => processOf(task, node) !== undefined);
    process.kill(processOf(task, node)!, 'SIGKILL');
    await until(task, () => node.statesOf(task).includes('FAILED'));
    expect(existsSync(at('parts/shard-00001-of-00003'))).toBe(false);
    node.slurm('scontrol', 'requeue', task);
    await ended(job);
    expect(await alone([...drawing, '--out', at('whole.npz')])).toMatchObject({ code: 0 });
    const imagesIn = async (path: string) => Array.from((await readNpz(readFileSync(path))).get('images')!.data, Number);
    const shards = await Promise.all([0, 1, 2].map((shard) => imagesIn(at(`parts/shard-0000${shard}-of-00003/images.npz`))));
    expect(shards.flat()).toEqual(await imagesIn(at('whole.npz')));
  });

  test('a training saves on USR1, is queued again, and ends in the model of one process', async () => {
    const command = (run: string): string[] => training(run, '--images', '2400', '--reduce', 'ordered', '--checkpoint-every', '2400');
    const job = await launch('slurm', ['--tasks', '2', '--mpi', mpi], command('queued'));
    await until(job, () => existsSync(join(at('queued'), 'outcome.json')));
    node.slurm('scancel', '--signal=USR1', job);
    await until(job, () => existsSync(join(at('queued'), 'checkpoints')) && committedSteps(at('queued')).length > 0);
    node.slurm('scontrol', 'requeue', job);
    await ended(job);
    expect(node.slurm('scontrol', 'show', 'job', job)).toContain('Restarts=1');
    expect(await alone(command('whole'))).toMatchObject({ code: 0 });
    const model = (run: string) => Object.entries(bytesOf(run)).filter(([name]) => name.startsWith('model/'));
    expect(model('queued').length).toBeGreaterThan(0);
    expect(model('queued')).toEqual(model('whole'));
  });
});

/** Return the process of a task's batch script; undefined before it runs. */
function processOf(task: string, { slurm }: SlurmNode): number | undefined {
  const [, job] = /JobId=(\d+)/.exec(slurm('scontrol', 'show', 'job', task)) ?? [];
  const found = readdirSync('/proc').find((pid) => {
    try {
      const isNode = /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').includes('node');
      return isNode && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`SLURM_JOB_ID=${job}\0`);
    } catch {
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}
