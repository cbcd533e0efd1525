import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Say why no Slurm can be started here; undefined where it can. */
export function lackingSlurm(): string | undefined {
  const missing = ['munged', 'slurmctld', 'slurmd', 'sbatch'].filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `no ${missing.join(', ')}; apt-get install slurm-wlm`;
  return process.getuid?.() === 0 ? undefined : 'not root, as whom Slurm starts';
}

export type SlurmNode = {
  /** Run a program of Slurm, such as `sbatch`; return what it prints. @throws Error for a code other than 0 */
  readonly slurm: (program: string, ...args: readonly string[]) => string;
  /** Submit a script from the node's folder, where `slurm-ID.out` is written; return the job's number. */
  readonly submit: (script: string, env: NodeJS.ProcessEnv) => string;
  /** Return the states of a job or of a task such as `3_1`, by Slurm's words. */
  readonly statesOf: (job: string) => string[];
  /** Cancel what is left, and end the daemons. */
  readonly stop: () => Promise<void>;
};

/** Start a Slurm of this machine alone in a folder, with four cores for its jobs, whatever it has. Root alone may. */
export async function startSlurmNode(folder: string): Promise<SlurmNode> {
  const at = (name: string): string => join(folder, name);
  for (const name of ['state', 'spool']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 });
  const [host, ...ports] = [hostname().split('.')[0], await freePort(), await freePort()];
  writeFileSync(
    at('slurm.conf'),
    `ClusterName=one
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
SlurmUser=root
AuthType=auth/munge
# A requeued job waits until its credentials are void.
AuthInfo=socket=${at('munge.sock')},cred_expire=5
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
SlurmctldLogFile=${at('slurmctld.log')}
SlurmdLogFile=${at('slurmd.log')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,sched_min_interval=0
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=${host} Default=YES State=UP
`,
  );
  const conf = { SLURM_CONF: at('slurm.conf') };
  const slurm: SlurmNode['slurm'] = (program, ...args) =>
    execFileSync(program, args, { env: { ...process.env, ...conf }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const state = (): string => spawnSync('sinfo', ['-h', '-o', '%T'], { env: { ...process.env, ...conf }, encoding: 'utf8' }).stdout.trim();
  const stop = async (): Promise<void> => {
    if (state() !== '') {
      slurm('scancel', '--full', '--user=root');
      for (let tries = 0; tries < 100 && slurm('squeue', '-h') !== ''; tries++) await sleep(100);
    }
    for (const name of ['slurmd', 'slurmctld', 'munged']) {
      if (!existsSync(at(`${name}.pid`))) continue;
      const pid = Number(readFileSync(at(`${name}.pid`), 'utf8'));
      process.kill(pid, 'SIGTERM');
      for (let tries = 0; tries < 100 && existsSync(`/proc/${pid}`); tries++) await sleep(100);
    }
  };
  try {
    const munge = { key: 'munge.key', socket: 'munge.sock', pid: 'munged.pid', log: 'munged.log', seed: 'munge.seed' };
    const option = (name: string): string => (name === 'socket' ? '--socket' : `--${name}-file`);
    slurm('munged', '--force', ...Object.entries(munge).map(([name, file]) => `${option(name)}=${at(file)}`));
    slurm('slurmctld', '-f', at('slurm.conf'), '-i');
    slurm('slurmd', '-f', at('slurm.conf'), '-N', host);
    for (let tries = 0; tries < 600 && state() !== 'idle'; tries++) await sleep(100);
    if (state() !== 'idle') throw new Error(`Slurm did not start: ${readFileSync(at('slurmctld.log'), 'utf8')}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    slurm,
    submit: (script, env) => {
      const options = { cwd: folder, env: { ...process.env, ...conf, ...env }, input: script, encoding: 'utf8' } as const;
      return execFileSync('sbatch', ['--parsable'], options).trim();
    },
    statesOf: (job) => slurm('squeue', '-h', '-t', 'all', '-o', '%T', '-j', job).split('\n'),
    stop,
  };
}

/** Return a port that nobody listens on. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
