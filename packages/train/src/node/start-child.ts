import { spawn } from 'node:child_process';

/** End of a supervised process. */
export type ChildEnd = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True if the run had begun, see `tellSupervisor`: before that the command line says where to begin, from then on the run does. */
  readonly begun: boolean;
  /** True if one of `stopSignals` had asked it to end. */
  readonly asked: boolean;
};

const begunMessage = 'begun';

/** Tell the process that supervises this one, if any, that the run from here on says where to resume. */
export const tellSupervisor = (): void => void process.send?.(begunMessage);

/**
 * Start Node with these arguments, in a process group of its own, where only the signals that are passed on here reach it: a Ctrl-C would come
 * twice otherwise. When this process is no more, the other one receives 'disconnect'.
 */
export function startChild(args: readonly string[], stopSignals: readonly NodeJS.Signals[]): Promise<ChildEnd> {
  const child = spawn(process.execPath, args, { detached: true, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  let [begun, asked] = [false, false];
  child.on('message', (message) => {
    begun ||= message === begunMessage;
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
