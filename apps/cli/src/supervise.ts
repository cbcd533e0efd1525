import { spawn } from 'node:child_process';
import { committedSteps } from './checkpoints.js';
import { diverged, endedAs, exitCodes, failure } from './errors.js';
import type { Io } from './io.js';
import { stopSignals } from './signals.js';

/** How a process ended. */
export type End = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it had come to its work: before that the command line says where to begin, from then on the run does. */
  readonly begun: boolean;
  /** Whether a signal had asked it to end. */
  readonly asked: boolean;
};

export type Supervision = {
  readonly run: string;
  /** How often the run is started again, at most. */
  readonly maxRestarts: number;
  /** Starts the command line once more with further options, and waits for its end. */
  readonly start: (more: readonly string[]) => Promise<End>;
};

/** Ends that another start may not repeat: a crash or a kill, an error of the machine, numbers that are not finite. */
const passing = new Set<number>([exitCodes.failed, exitCodes.diverged]);

/**
 * Runs a training in a process of its own, and again from its last checkpoint when it crashes, is killed or diverges. Everything in a run
 * follows from its seed: what diverges again before the next checkpoint would do so for ever, and ends it.
 * @throws CliError with the code of the last process when that is not 0.
 */
export async function supervise(io: Io, { run, maxRestarts, start }: Supervision): Promise<void> {
  let divergedAfter: number | undefined;
  let more: readonly string[] = [];
  for (let restarts = 0; ; restarts++) {
    const end = await start(more);
    if (end.code === exitCodes.ok) return;
    if (end.asked) throw endedAs(end.code ?? exitCodes.interrupted);
    if (end.code !== null && !passing.has(end.code)) throw endedAs(end.code);
    const step = committedSteps(run)[0] ?? 0;
    if (end.code === exitCodes.diverged) {
      if (divergedAfter === step)
        throw diverged(`${run} diverged twice after update ${step}, so it is no passing fault; see above for a way out`);
      divergedAfter = step;
    }
    const how = end.signal === null ? `ended with code ${end.code}` : `was killed by ${end.signal}`;
    if (restarts === maxRestarts) {
      const error = end.code === exitCodes.diverged ? diverged : failure;
      throw error(`${run} ${how} after ${maxRestarts} restarts; --resume goes on from update ${step}`);
    }
    io.err(`${run} ${how}; restart ${restarts + 1} of ${maxRestarts} from update ${step}\n`);
    if (end.begun) more = ['--resume', 'latest'];
  }
}

/** Tells the process that supervises this one, if any, that the run folder from here on says where to go on. */
export const tellSupervisor = (): void => void process.send?.('begun');

/**
 * Starts this command line with further options, in a process group of its own, where only what is passed on here reaches it: a Ctrl-C
 * would come twice otherwise. When this process is no more, the other one stops as by a signal.
 */
export function startAgain(more: readonly string[]): Promise<End> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), ...more], {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  let [begun, asked] = [false, false];
  child.on('message', () => {
    begun = true;
  });
  const pass = (signal: NodeJS.Signals): void => {
    asked = true;
    child.kill(signal);
  };
  for (const name of stopSignals) process.on(name, pass);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of stopSignals) process.off(name, pass);
      resolve({ code, signal, begun, asked });
    });
  });
}
