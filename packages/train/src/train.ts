import { lazyArray, type NamedArray } from '@tract/checkpoint';
import type { LogLine } from '@tract/report';
import { leaves, read, readerNow, type Tensor, type Tree } from '@tract/tensor';
import type { LogWindow, RunState } from './checkpoint.js';
import { emptyWindow, openLossLog } from './loss-log.js';
import { nextTurn } from './next-turn.js';
import { requireFinite } from './require-finite.js';
import { Interrupted } from './run-error.js';
import type { OpenOptions, RunStore } from './run-store.js';
import { requireSameData } from './same-data.js';
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
  /** Stop the run after the update in progress, with a commit; `signal.reason` stands in the message of the error. */
  readonly signal?: AbortSignal;
  /** Numbers to add to each line of the log, such as the memory of the process. */
  readonly extra?: () => Metrics;
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
export async function train<B, P>(task: TrainTask<B, P>, store: RunStore, options: TrainOptions = {}): Promise<RunState> {
  const { totalSteps, config, fixed } = task;
  try {
    const from = await store.open(config, { ...options, fixed, totalSteps });
    const session = await task.init(from);
    try {
      requireSameData(from, session, options);
      await store.begin(config, from);
      await options.onBegin?.(from?.state);
      return await loop(task, session, store, from?.state, options);
    } finally {
      await session.close();
    }
  } finally {
    await store.close();
  }
}

/** Update until the end, or until the commit that follows a signal. */
async function loop<B, P>(
  task: TrainTask<B, P>,
  session: TrainSession<B, P>,
  store: RunStore,
  from: RunState | undefined,
  { signal, keep = 2, lineEvery = 20, extra, onLine, onProgress, onCommit }: TrainOptions,
): Promise<RunState> {
  const { config, totalSteps, commitEvery } = task;
  const stateAt = stateMaker(task, session, from);
  const clock = waitClock();
  const log = openLossLog(from?.window ?? emptyWindow);
  let last = { images: from?.images ?? 0, time: performance.now() };
  let step = from?.step ?? 0;
  // A run that was killed after its last commit has everything but what its caller makes of that.
  if (step === totalSteps) await onCommit?.(stateAt(step, emptyWindow));
  while (step < totalSteps) {
    const batch = await clock.waiting(session.load(step));
    const result = session.apply(step, session.gradients(step, batch));
    step++;
    await log.add(result, step);
    clock.updated();
    // Updates are synchronous: without this turn of the event loop no signal would be seen.
    await nextTurn();
    const stopping = signal?.aborted === true;
    const atEnd = step === totalSteps;
    const lineDue = step % lineEvery === 0 || atEnd;
    const commitDue = step % commitEvery === 0 || atEnd || stopping;
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
        const content = { config, state, tensors: await download(session.trees()) };
        requireFinite(content.tensors, step);
        // Before the checkpoint, so that a run whose checkpoint says that it is finished has its model.
        for (const [name, files] of session.artifacts?.(content) ?? []) await store.writeFolder(name, files);
        await store.commit(content, keep);
        await onCommit?.(state);
      }
    }
    if (stopping && !atEnd) throw new Interrupted(String(signal.reason), stateAt(step, emptyWindow).images);
  }
  return stateAt(step, emptyWindow);
}

function stateMaker<B, P>(task: TrainTask<B, P>, session: TrainSession<B, P>, from: RunState | undefined) {
  const started = performance.now();
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
    };
  };
}

/**
 * Read a tree back from the backend; names are the paths of its leaves. Where the backend's memory is the processor's, an array is read whenever its data is
 * asked for, so that a commit needs no copy of the state.
 */
async function download(tree: Tree<Tensor>): Promise<Map<string, NamedArray>> {
  const arrays = new Map<string, NamedArray>();
  for (const [path, leaf] of leaves<Tensor>(tree)) {
    const now = readerNow(leaf);
    arrays.set(path, now ? lazyArray('F32', leaf.shape, now) : { dtype: 'F32', shape: leaf.shape, data: await read(leaf) });
  }
  return arrays;
}
