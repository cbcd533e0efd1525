import { setImmediate as nextTurn } from 'node:timers/promises';
import { exitCodes, interrupted } from './errors.js';

export type Signals = {
  /** The signal that asked us to stop, once one has. */
  readonly asked: NodeJS.Signals | undefined;
  readonly release: () => void;
};

/** Notes the first SIGINT or SIGTERM for the loop to act on; the second one ends the process at once. */
export function catchSignals(): Signals {
  const signals: { asked: NodeJS.Signals | undefined } = { asked: undefined };
  const note = (signal: NodeJS.Signals): void => {
    if (signals.asked !== undefined) process.exit(exitCodes.interrupted);
    signals.asked = signal;
  };
  const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
  for (const name of names) process.on(name, note);
  return {
    get asked() {
      return signals.asked;
    },
    release: () => {
      for (const name of names) process.off(name, note);
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
