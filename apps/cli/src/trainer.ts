import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImageBatches, Picked } from '@tract/data';
import { deviceFailure } from './device-failure.js';
import { interrupted } from './errors.js';
import type { Io } from './io.js';
import { emptyWindow, openLossLog, type StepResult } from './loss-log.js';
import { openRunView, type RunView } from './monitoring/run-view.js';
import { type Progress, startProgress } from './progress.js';
import { withCommas } from './quantity.js';
import type { LogWindow, RunState } from './run-folder.js';
import { catchSignals, type Signals } from './signals.js';
import { waitingWatch } from './waiting-watch.js';

/** A training that the loop can drive: all its state lives behind these functions. */
export type Work = {
  readonly run: string;
  readonly batch: number;
  readonly totalSteps: number;
  /** Updates between two commits. */
  readonly commitEvery: number;
  /** Does update number `step` (from 0) with its images and nothing else: no reading back. The loop reads and disposes the result. */
  readonly step: (step: number, picked: Picked) => StepResult;
  /** What stands in the log beside the loss of update `step`. */
  readonly facts: (step: number) => { readonly phase?: string; readonly learningRate: number; readonly emaMomentum: number };
  /** Numbers that belong to the state of the method. */
  readonly counters: () => RunState['counters'];
  /** Makes everything up to now safe on the disk. */
  readonly commit: (state: RunState) => Promise<void>;
};

/** What a training begins with. */
export type Start = {
  readonly work: Work;
  /** Its images, from the first update on. */
  readonly batches: ImageBatches;
  readonly from?: RunState;
};

/** Updates between two lines of the log. */
const lineEvery = 20;

export type RunOptions = {
  readonly silent?: boolean;
  /** How the user goes on after an interruption. */
  readonly again?: string;
  /** Images that are drawn at each commit, see `RunView`. */
  readonly samples?: number;
};

/**
 * Runs updates until the total is reached: progress to stderr, a line of stats.jsonl every 20 updates, a commit every `commitEvery`
 * updates and at the end. SIGINT, SIGTERM or SIGUSR1 commits and ends with code 130; a loss or gradient that is not finite ends with code 5
 * in the same update and commits nothing.
 */
export async function runWork(io: Io, start: Start, options: RunOptions): Promise<RunState> {
  const { work, from } = start;
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const signals = catchSignals();
  try {
    const imagesBetween = Math.min(work.commitEvery, work.totalSteps) * work.batch;
    const view = openRunView(io, { run: work.run, imagesBetween, from, samples: options.samples });
    const state = await loop(start, { progress, signals, view });
    if (state.step === state.totalSteps) return state;
    throw interrupted(
      `stopped by ${signals.asked} after ${withCommas(state.images)} images; the checkpoint is written, ${options.again ?? '--resume goes on from it'}`,
    );
  } catch (error) {
    throw deviceFailure(error, {
      lost: `what was done since the last checkpoint is lost too, ${options.again ?? '--resume goes on from it'}`,
      full: 'a batch in parts takes less: --accumulate 2 or more',
    });
  } finally {
    progress.end();
    signals.release();
  }
}

type Surroundings = { readonly progress: Progress; readonly signals: Signals; readonly view: RunView };

/** Updates until the end, or until the commit that follows a signal. */
async function loop(start: Start, { progress, signals, view }: Surroundings): Promise<RunState> {
  const { work, batches, from } = start;
  const { totalSteps, commitEvery } = work;
  const stateAt = stateMaker(start);
  const watch = waitingWatch();
  const log = openLossLog(from?.window ?? emptyWindow);
  let step = from?.step ?? 0;
  // Killed after its last commit, a run has everything but its pictures.
  if (step === totalSteps) await view.committed(stateAt(step, emptyWindow), () => signals.asked !== undefined);
  while (step < totalSteps) {
    const picked = await watch.waiting(batches.pick(step));
    const result = work.step(step, picked);
    step++;
    await log.add(result, step);
    watch.updated();
    // Updates are synchronous: without this turn of the event loop no signal would be seen.
    await nextTurn();
    const stopping = signals.asked !== undefined;
    const atEnd = step === totalSteps;
    const lineDue = step % lineEvery === 0 || atEnd;
    const commitDue = step % commitEvery === 0 || atEnd || stopping;
    if (lineDue || commitDue) {
      const window = log.window();
      show(work, progress, step, { ...window, dataWait: watch.share() });
      if (lineDue) {
        view.line({ ...lineOf(work, stateAt(step, window)), dataWait: watch.share() });
        log.reset();
        watch.reset();
      }
      if (commitDue) {
        const state = stateAt(step, lineDue ? emptyWindow : window);
        await work.commit(state);
        await view.committed(state, () => signals.asked !== undefined);
      }
    }
    if (stopping) break;
  }
  return stateAt(step, emptyWindow);
}

function stateMaker({ work, batches, from }: Start): (step: number, window: LogWindow) => RunState {
  const started = performance.now();
  return (step, window) => ({
    step,
    totalSteps: work.totalSteps,
    images: step * work.batch,
    seconds: Math.round((from?.seconds ?? 0) + (performance.now() - started) / 1000),
    counters: work.counters(),
    window,
    ...(batches.bad().length > 0 && { badSamples: batches.bad() }),
  });
}

type Shown = LogWindow & { readonly dataWait: number };

function show(work: Work, progress: Progress, step: number, { loss, gradNorm, count, dataWait }: Shown): void {
  const { batch, totalSteps } = work;
  progress.tick({
    done: step * batch,
    total: totalSteps * batch,
    loss: loss / count,
    gradNorm: gradNorm / count,
    phase: work.facts(step - 1).phase,
    rssBytes: process.memoryUsage.rss(),
    dataWait,
  });
}

function lineOf(
  work: Work,
  { step, images, seconds, window: { loss, gradNorm, count }, badSamples }: RunState,
): Parameters<RunView['line']>[0] {
  const passedOver = badSamples && { badSamples: badSamples.length };
  return { step, images, ...work.facts(step - 1), loss: loss / count, gradNorm: gradNorm / count, ...passedOver, seconds };
}
