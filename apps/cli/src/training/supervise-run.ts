import { type ChildEnd, type Outcome, startChild, supervise } from '@tract/train/node';
import { ranksOf } from '../computing/ranks.js';
import { endedAs, exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { storeOf } from './run-folder.js';

/**
 * Run this command line in a process of its own, and again with --resume latest when it crashes, is killed or diverges.
 * @throws CliError with the code of the last process when that is not 0; RunError when there were too many restarts.
 */
export async function superviseRun(io: Io, run: string, maxRestarts: number): Promise<void> {
  ranksOf({ maxRestarts }); // which refuses several processes
  // Of an option that is given twice the last one counts: the new process watches nothing.
  const again = [...process.execArgv, ...process.argv.slice(1), '--max-restarts', '0'];
  const end = await supervise({
    ...{ run, maxRestarts, outcomeOf },
    start: (resume) => startChild([...again, ...(resume ? ['--resume', 'latest'] : [])]),
    committedStep: async () => (await storeOf(run).committedSteps())[0] ?? 0,
    onRestart: (sentence) => io.err(`${sentence}\n`),
  });
  if (end.code !== exitCodes.ok) throw endedAs(end.code ?? exitCodes.interrupted);
}

const outcomeOf = ({ code }: ChildEnd): Outcome => {
  if (code === exitCodes.ok) return 'done';
  if (code === exitCodes.diverged) return 'diverged';
  return code === null || code === exitCodes.failed ? 'failed' : 'refused';
};
