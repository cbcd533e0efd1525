import { markAgreed } from '@tract/distributed';
import type { LogLine } from '@tract/report';
import { backendName, type Tensor, type Tree } from '@tract/tensor';
import type { LogWindow, RunState } from './checkpoint.js';
import { emptyWindow, openLossLog } from './loss-log.js';
import { nextTurn } from './next-turn.js';
import { allTogether, askAll, type Ranks, requireSameEverywhere, requireSameWeights } from './ranks.js';
import { requireFinite } from './require-finite.js';
import { Interrupted } from './run-error.js';
import type { OpenOptions, RunStore } from './run-store.js';
import { requireSameComputing } from './same-computing.js';
import { requireSameData } from './same-data.js';
import { sharedGradients } from './shared-gradients.js';
import { sharedStore } from './shared-store.js';
import { stateArrays } from './state-arrays.js';
import { requireSameSums, requireShares, sumRecord } from './sum-record.js';
import type { Metrics, TrainSession, TrainTask } from './train-task.js';
import { waitClock } from './wait-clock.js';

/** State of a run between two lines of its log. */
export type TrainProgress = Pick<LogLine, 'step' | 'images' | 'loss' | 'gradNorm'> & {
  readonly dataWait: number;
  readonly metrics: Metrics;
};

export type TrainOptions = Pick<OpenOptions, 'resume' | 'override' | 'onWarning'> & {
  /** Checkpoints that are kept: the last one, and those to fall back on. Default: 2. */
  readonly keep?: number;
  /** Updates between two lines of the log. Default: 20. */
  readonly lineEvery?: number;
  /** Stop the run after the update in progress, with a commit; `signal.reason` stands in the message of the error. On any rank. */
  readonly signal?: AbortSignal;
  /** Tell, once, that a commit has been asked for, after which the run goes on. Default: never. */
  readonly saveAsked?: () => boolean;
  /** The processes that train together; each makes this call. Default: this one alone. */
  readonly ranks?: Ranks;
  /** Numbers to add to each line of the log, such as the memory of the process. */
  readonly extra?: () => Metrics;
  /** What computes, as far as bits depend on it, such as `native avx2`; asked for once the task has begun. A run that goes on must have the same. Default: it is not compared. */
  readonly computing?: () => string | undefined;
  /** Called when the run has been taken, before the first update. */
  readonly onBegin?: (from: RunState | undefined) => void | Promise<void>;
  /** Called when a line has been logged; it also holds the metrics of the task. */
  readonly onLine?: (line: LogLine) => void;
  /** Called with each line, and with each commit, which comes in between as the case may be. */
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called when a checkpoint is safe, and once for a run that was opened at its end. */
  readonly onCommit?: (state: RunState) => void | Promise<void>;
};

/**
 * Train until the total is reached: a line of the log every `lineEvery` updates, a commit every `commitEvery` updates and at the end. A run that
 * was stopped, killed or interrupted by a crash goes on from its last checkpoint when the same call is made again, to the same bits.
 * @returns the state at the end.
 * @throws Interrupted after the commit that a signal asks for; Diverged in the update whose loss or gradient is not finite, nothing of which is
 * committed; RunError of `store.open`; whatever the task throws.
 */
export async function train<B, P extends Tree<Tensor>>(
  task: TrainTask<B, P>,
  store: RunStore,
  options: TrainOptions = {},
): Promise<RunState> {
  const { totalSteps, config, fixed, batch } = task;
  const { ranks } = options;
  const shared = ranks && sharedStore(store, ranks);
  const own = shared ?? store;
  try {
    if (ranks) {
      await allTogether(ranks, () => requireShares(batch, ranks));
      await requireSameEverywhere(ranks, { config, sums: sumRecord(batch, ranks) });
    }
    const from = await own.open(config, { ...options, fixed, totalSteps });
    const session = await allTogether(ranks, () => task.init(from));
    try {
      await allTogether(ranks, () => {
        requireSameData(from, session, options);
        requireSameComputing(from, options.computing?.(), options);
        requireSameSums(from, sumRecord(batch, ranks), options);
      });
      if (ranks) await requireSameEverywhere(ranks, { config, data: session.data, backend: backendName() });
      await own.begin(config, from);
      await options.onBegin?.(from?.state);
      const end = await loop(task, session, own, from?.state, options);
      await shared?.ended(end);
      return end;
    } finally {
      await session.close();
    }
  } catch (error) {
    await shared?.ended(undefined, error);
    throw error;
  } finally {
    await own.close();
  }
}

/** Update until the end, or until the commit that follows a signal. */
async function loop<B, P extends Tree<Tensor>>(
  task: TrainTask<B, P>,
  session: TrainSession<B, P>,
  store: RunStore,
  from: RunState | undefined,
  { signal, saveAsked = () => false, ranks, keep = 2, lineEvery = 20, extra, computing, onLine, onProgress, onCommit }: TrainOptions,
): Promise<RunState> {
  const { config, totalSteps, commitEvery } = task;
  const stateAt = stateMaker(task, session, from, ranks, computing?.());
  const clock = waitClock();
  const log = openLossLog(from?.window ?? emptyWindow);
  let last = { images: from?.images ?? 0, time: performance.now() };
  let step = from?.step ?? 0;
  // A run that was killed in the last of its commits has a checkpoint too many, and not what its caller makes of that commit.
  if (step === totalSteps) {
    await store.prune(keep);
    await onCommit?.(stateAt(step, emptyWindow));
  }
  while (step < totalSteps) {
    const batch = await clock.waiting(session.load(step));
    const gradients = ranks ? await sharedGradients(session, step, batch, task.batch, ranks) : session.gradients(step, batch);
    const result = session.apply(step, gradients);
    step++;
    const failure = await log.add(result, step).then(
      () => undefined,
      (error: unknown) => error,
    );
    clock.updated();
    // Updates are synchronous: without this turn of the event loop no signal would be seen.
    await nextTurn();
    const { stop: stopping, save } = await askAll(ranks, { stop: signal?.aborted === true, save: saveAsked() }, failure);
    const atEnd = step === totalSteps;
    const lineDue = step % lineEvery === 0 || atEnd;
    const commitDue = step % commitEvery === 0 || atEnd || stopping || save;
    if (lineDue || commitDue) {
      const window = log.window();
      const { metrics } = result;
      const means = { loss: window.loss / window.count, gradNorm: window.gradNorm / window.count };
      const { images, seconds, badSamples } = stateAt(step, window);
      onProgress?.({ step, images, metrics, ...means, dataWait: clock.fraction() });
      if (lineDue) {
        const now = { images, time: performance.now() };
        const imagesPerSecond = (1000 * (now.images - last.images)) / (now.time - last.time);
        last = now;
        const line: LogLine = {
          ...{ step, images, ...metrics, ...means, ...(badSamples && { badSamples: badSamples.length }), seconds },
          ...{ dataWait: clock.fraction(), imagesPerSecond: Number(imagesPerSecond.toPrecision(4)), ...extra?.() },
          time: new Date().toISOString(),
        };
        await store.log(line);
        onLine?.(line);
        log.reset();
        clock.reset();
      }
      if (commitDue) {
        const state = stateAt(step, lineDue ? emptyWindow : window);
        const { arrays, free } = await stateArrays(session.trees(), store.files);
        try {
          const content = { config, state, tensors: arrays };
          await allTogether(ranks, () => requireFinite(arrays, step));
          // Before the checkpoint, so that a run whose checkpoint says that it is finished has its model.
          for (const [name, files] of session.artifacts?.(content) ?? []) await store.writeFolder(name, files);
          await store.commit(content, keep);
        } finally {
          await free();
        }
        await onCommit?.(state);
      }
    }
    if (ranks && (commitDue || step % (ranks.compareEvery ?? 100) === 0)) await requireSameWeights(ranks, session.trees(), step);
    if (stopping && !atEnd) throw markAgreed(new Interrupted(String(signal?.reason ?? 'another rank'), stateAt(step, emptyWindow).images));
  }
  return stateAt(step, emptyWindow);
}

function stateMaker<B, P>(
  task: TrainTask<B, P>,
  session: TrainSession<B, P>,
  from: RunState | undefined,
  ranks: Ranks | undefined,
  computing?: string,
) {
  const started = performance.now();
  const sums = sumRecord(task.batch, ranks);
  return (step: number, window: LogWindow): RunState => {
    const badSamples = session.badSamples?.() ?? [];
    return {
      step,
      totalSteps: task.totalSteps,
      images: step * task.batch,
      seconds: Math.round((from?.seconds ?? 0) + (performance.now() - started) / 1000),
      counters: session.counters(),
      window,
      ...(badSamples.length > 0 && { badSamples }),
      ...(session.data && { data: session.data }),
      ...(sums && { sums }),
      ...(computing && { computing }),
    };
  };
}
