import { setImmediate as nextTurn } from 'node:timers/promises';
import { exitCodes, interrupted } from './errors.js';

/** What asks a command to end: Ctrl-C, a kill, and the warning that schedulers send before the time is up. */
export const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGUSR1'];

export type Signals = {
  /** The signal that asked us to stop, once one has. */
  readonly asked: NodeJS.Signals | undefined;
  readonly release: () => void;
};

/**
 * Notes the first SIGINT, SIGTERM or SIGUSR1 for the loop to act on. A SIGINT after it ends the process at once: someone is waiting. The
 * others may come twice by themselves, from a scheduler to all processes and from a supervisor to this one; its end counts as SIGTERM.
 */
export function catchSignals(): Signals {
  const signals: { asked: NodeJS.Signals | undefined } = { asked: undefined };
  const note = (signal: NodeJS.Signals): void => {
    if (signals.asked !== undefined && signal === 'SIGINT') process.exit(exitCodes.interrupted);
    signals.asked ??= signal;
  };
  for (const name of stopSignals) process.on(name, note);
  const leave = (): void => note('SIGTERM');
  process.on('disconnect', leave);
  return {
    get asked() {
      return signals.asked;
    },
    release: () => {
      for (const name of stopSignals) process.off(name, note);
      process.off('disconnect', leave);
    },
  };
}

/** A place where work may end: gives the event loop the turn without which no signal is seen. @throws CliError (interrupted) after a signal. */
export type Pause = () => Promise<void>;

/** Runs work that a signal ends at its pauses and nowhere else, so that what it writes between them is whole. `after` ends the sentence. */
export async function interruptible<T>(after: string, work: (pause: Pause) => Promise<T>): Promise<T> {
  const signals = catchSignals();
  try {
    return await work(async () => {
      await nextTurn();
      if (signals.asked !== undefined) throw interrupted(`stopped by ${signals.asked}; ${after}`);
    });
  } finally {
    signals.release();
  }
}
