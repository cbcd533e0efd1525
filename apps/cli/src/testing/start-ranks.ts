import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

/** MPI libraries that the tests know: their compiler, and how they start ranks. */
export const mpis = {
  'open-mpi': { mpicc: 'mpicc.openmpi', launcher: ['mpirun.openmpi', '--oversubscribe', '-n'] },
  mpich: { mpicc: 'mpicc.mpich', launcher: ['mpiexec.hydra', '-n'] },
} as const;

export type MpiName = keyof typeof mpis;

/** Say what is missing for tests with an MPI; undefined for nothing. */
export function lackingMpi(name: MpiName): string | undefined {
  const isThere = (program: string, flag: string): boolean => spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;
  const { mpicc, launcher } = mpis[name];
  if (isThere(mpicc, '-show') && isThere(launcher[0], '--version')) return undefined;
  return `no ${mpicc} and ${launcher[0]}; apt-get install ${name === 'mpich' ? 'mpich libmpich-dev' : 'openmpi-bin libopenmpi-dev'}`;
}

export type RanksEnded = { readonly code: number | null; readonly text: string };
export type RanksStarted = {
  readonly child: ChildProcess;
  readonly ended: Promise<RanksEnded>;
  readonly mark: string;
};

export type StartOptions = {
  readonly mpi: MpiName;
  readonly env?: NodeJS.ProcessEnv;
  /** Launcher in the place of the MPI's own. */
  readonly launcher?: readonly string[];
  /** Seconds after which the launcher is killed and `ended` rejects. Default: 90. */
  readonly limit?: number;
};

/** Start a command of Node as so many ranks. */
export function startRanks(ranks: number, args: readonly string[], { mpi, env = {}, launcher, limit = 90 }: StartOptions): RanksStarted {
  const mark = randomUUID();
  const root = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const [program, ...before] = launcher ?? [...mpis[mpi].launcher, `${ranks}`];
  const child = spawn(program, [...before, process.execPath, ...args], {
    env: { ...process.env, ...root, TRACT_DEBUG: '', TRACT_COLLECTIVE_TIMEOUT_MS: '60000', TRACT_TEST_MARK: mark, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
    });
  const ended = new Promise<RanksEnded>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${program} has not ended after ${limit} s: ${text}`));
    }, 1000 * limit);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, text });
    });
  });
  return { child, ended, mark };
}

/** List the processes that were started, launcher included, and are still there. */
export const processesOf = ({ mark }: RanksStarted): string[] =>
  readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && readIn(pid, 'environ').includes(mark));

/** List the ranks that are still there: the processes of Node. */
export const ranksOf = (started: RanksStarted): number[] =>
  processesOf(started)
    .filter((pid) => readIn(pid, 'comm').includes('node'))
    .map(Number)
    .sort((a, b) => a - b);

/** Read a file of a process; empty for one that is gone. */
function readIn(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** List the processes that are still there when those that wait for a rank which is gone have had their time limit of 60 s. */
export async function leftOf(started: RanksStarted): Promise<string[]> {
  for (let tries = 0; tries < 900 && processesOf(started).length > 0; tries++) await sleep(100);
  return processesOf(started);
}

/** Wait until ranks have ended, with no process left of them. */
export async function finished(started: RanksStarted): Promise<RanksEnded> {
  const end = await started.ended;
  expect(await leftOf(started)).toEqual([]);
  return end;
}
