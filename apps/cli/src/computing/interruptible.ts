import { setImmediate as nextTurn } from 'node:timers/promises';
import { catchSignals } from '@tract/train/node';
import { interrupted } from '../errors.js';

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
