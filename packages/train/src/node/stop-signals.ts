/** Signals that ask a program to end: Ctrl-C, a kill, and the warning that schedulers send before the time is up. */
export const stopSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGUSR1'];

export type Signals = {
  /** Aborted by the first signal, whose name is the reason. */
  readonly signal: AbortSignal;
  /** True once after each request to save and go on. */
  readonly saveAsked: () => boolean;
  readonly release: () => void;
};

/**
 * Catch the first SIGINT, SIGTERM or SIGUSR1 for the work to act on. A SIGINT after it ends the process at once, with code 130: someone is waiting. The
 * others may come twice by themselves, from a scheduler to all processes and from a supervisor to this one, whose end counts as SIGTERM. Of several `ranks` SIGUSR1
 * asks to save and go on, and a SIGINT may come twice too, from the terminal and from the launcher.
 */
export function catchSignals({ ranks = false } = {}): Signals {
  const stop = new AbortController();
  let save = false;
  const note = (signal: NodeJS.Signals): void => {
    if (ranks && signal === 'SIGUSR1') {
      save = true;
      return;
    }
    if (stop.signal.aborted && signal === 'SIGINT' && !ranks) process.exit(130);
    stop.abort(signal);
  };
  for (const name of stopSignals) process.on(name, note);
  const leave = (): void => note('SIGTERM');
  process.on('disconnect', leave);
  return {
    signal: stop.signal,
    saveAsked: () => {
      const asked = save;
      save = false;
      return asked;
    },
    release: () => {
      for (const name of stopSignals) process.off(name, note);
      process.off('disconnect', leave);
    },
  };
}
