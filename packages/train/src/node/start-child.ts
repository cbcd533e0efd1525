import { spawn } from 'node:child_process';
import { stopSignals } from './stop-signals.js';

/** End of a supervised process. */
export type ChildEnd = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True if the run had begun, see `tellSupervisor`: before that the command line says where to begin, from then on the run does. */
  readonly begun: boolean;
  /** True if one of `stopSignals` had asked it to end. */
  readonly asked: boolean;
  /** What it wrote to stdout, where that is kept. */
  readonly output?: string;
};

export type ChildOptions = {
  /** Keep what it writes to stdout instead of letting it through. Default: false. */
  readonly keepOutput?: boolean;
};

const begunMessage = 'begun';

/** Tell the process that supervises this one, if any, that the run from here on says where to resume. */
export const tellSupervisor = (): void => void process.send?.(begunMessage);

/**
 * Start Node with these arguments, in a process group of its own, where only those of `stopSignals` reach it, which are passed on: a Ctrl-C would come
 * twice otherwise. When this process is no more, the other one receives 'disconnect'.
 */
export function startChild(args: readonly string[], { keepOutput = false }: ChildOptions = {}): Promise<ChildEnd> {
  const child = spawn(process.execPath, args, { detached: true, stdio: ['inherit', keepOutput ? 'pipe' : 'inherit', 'inherit', 'ipc'] });
  let [begun, asked, output] = [false, false, ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
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
    child.on('close', (code, signal) => {
      for (const name of stopSignals) process.off(name, pass);
      resolve({ code, signal, begun, asked, output });
    });
  });
}
