import { setImmediate as nextTurn } from 'node:timers/promises';
import { exitCodes, interrupted } from '../errors.js';

/** Signals that ask a command to end: Ctrl-C, a kill, and the warning that schedulers send before the time is up. */
export const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGUSR1'];

export type Signals = {
  /** Aborted by the first signal, whose name is the reason. */
  readonly signal: AbortSignal;
  readonly release: () => void;
};

/**
 * Catch the first SIGINT, SIGTERM or SIGUSR1 for the work to act on. A SIGINT after it ends the process at once: someone is waiting. The
 * others may come twice by themselves, from a scheduler to all processes and from a supervisor to this one, whose end counts as SIGTERM.
 */
export function catchSignals(): Signals {
  const stop = new AbortController();
  const note = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted && signal === 'SIGINT') process.exit(exitCodes.interrupted);
    stop.abort(signal);
  };
  for (const name of stopSignals) process.on(name, note);
  const leave = (): void => note('SIGTERM');
  process.on('disconnect', leave);
  return {
    signal: stop.signal,
    release: () => {
      for (const name of stopSignals) process.off(name, note);
      process.off('disconnect', leave);
    },
  };
}

/** Give the event loop the turn without which no signal is seen; work may end here. @throws CliError (interrupted) after a signal. */
export type Pause = () => Promise<void>;

/** Run work that a signal ends at its pauses and nowhere else, so that what it writes between them is whole. `after` ends the sentence. */
export async function interruptible<T>(after: string, work: (pause: Pause) => Promise<T>): Promise<T> {
  const { signal, release } = catchSignals();
  try {
    return await work(async () => {
      await nextTurn();
      if (signal.aborted) throw interrupted(`stopped by ${signal.reason}; ${after}`);
    });
  } finally {
    release();
  }
}
