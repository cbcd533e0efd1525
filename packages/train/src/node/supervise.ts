import { RunError } from '../run-error.js';
import type { ChildEnd } from './start-child.js';

/**
 * Outcome of a training process: `failed` and `diverged` are ends that another start may not repeat (a crash or a kill, an error of the machine,
 * numbers that are not finite), `refused` is one that it would.
 */
export type Outcome = 'done' | 'failed' | 'diverged' | 'refused';

export type Supervision<E extends ChildEnd> = {
  /** Name of the run, for messages. */
  readonly run: string;
  /** Restarts at most. */
  readonly maxRestarts: number;
  /** Start the training and wait for its end; from the second time on with `resume` where the run had begun. */
  readonly start: (resume: boolean) => Promise<E>;
  readonly outcomeOf: (end: E) => Outcome;
  /** Updates of the last checkpoint; 0 without one. */
  readonly committedStep: () => Promise<number>;
  /** Called with a sentence before each restart. */
  readonly onRestart?: (sentence: string) => void;
};

/**
 * Run a training in a process of its own, and again from its last checkpoint when it crashes, is killed or diverges. Everything in a run follows
 * from its seed, so a run that diverges again before the next checkpoint would do so for ever: it is not started a third time.
 * @returns the last end: that of a run that is done, was refused, or was asked to stop.
 * @throws RunError (diverged) for the second divergence after one checkpoint, and for the last one; (crashed) when there are too many restarts.
 */
export async function supervise<E extends ChildEnd>(options: Supervision<E>): Promise<E> {
  const { run, maxRestarts, start, outcomeOf, committedStep, onRestart } = options;
  let divergedAfter: number | undefined;
  let resume = false;
  for (let restarts = 0; ; restarts++) {
    const end = await start(resume);
    const outcome = outcomeOf(end);
    if (outcome === 'done' || outcome === 'refused' || end.asked) return end;
    const step = await committedStep();
    if (outcome === 'diverged') {
      if (divergedAfter === step)
        throw new RunError('diverged', `${run} diverged twice after update ${step}, so it is no passing fault`, 'see above for a way out');
      divergedAfter = step;
    }
    const how = end.signal === null ? `ended with code ${end.code}` : `was killed by ${end.signal}`;
    if (restarts === maxRestarts) {
      const kind = outcome === 'diverged' ? 'diverged' : 'crashed';
      throw new RunError(kind, `${run} ${how} after ${maxRestarts} restarts`, `it can be resumed from update ${step}`);
    }
    onRestart?.(`${run} ${how}; restart ${restarts + 1} of ${maxRestarts} from update ${step}`);
    resume ||= end.begun;
  }
}
