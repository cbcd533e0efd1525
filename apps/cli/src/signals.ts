import { exitCodes } from './errors.js';

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
