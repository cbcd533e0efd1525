import { setImmediate as nextTurn } from 'node:timers/promises';
import { dispose, readScalar, type Tensor } from '@tract/tensor';
import { failure, interrupted } from './errors.js';
import type { Io } from './io.js';
import { startProgress } from './progress.js';
import { withCommas } from './quantity.js';
import { logStats, type LogWindow, type RunState } from './run-folder.js';
import { catchSignals, type Signals } from './signals.js';

/** What one update leaves behind for the log; the loop disposes both. */
export type StepResult = { readonly loss: Tensor; readonly gradNorm: Tensor };

/** A training that the loop can drive: all its state lives behind these functions. */
export type Work = {
  readonly run: string;
  readonly batch: number;
  readonly totalSteps: number;
  /** Updates between two commits. */
  readonly commitEvery: number;
  /** Does update number `step` (from 0) and nothing else: no reading back. */
  readonly step: (step: number) => StepResult;
  /** What stands in the log beside the loss of update `step`. */
  readonly facts: (step: number) => { readonly phase?: string; readonly learningRate: number };
  /** Numbers that belong to the state of the method. */
  readonly counters: () => RunState['counters'];
  /** Makes everything up to now safe on the disk. */
  readonly commit: (state: RunState) => Promise<void>;
};

/** Updates between two readings of the loss. Losses wait on the device until then, so that it never has to wait for us. */
const readEvery = 20;
const emptyWindow: LogWindow = { loss: 0, gradNorm: 0, count: 0 };

/** The loss since the last reading, gathered on the device; NaN is noticed here, so nothing is committed before a look. */
class LossLog {
  private pending: StepResult[] = [];

  constructor(private window: LogWindow) {}

  add(result: StepResult): void {
    this.pending.push(result);
  }

  /** Reads everything that waits. @throws CliError (failed) when a loss or gradient is not finite. */
  async read(step: number): Promise<LogWindow> {
    let { loss, gradNorm, count } = this.window;
    for (const [i, result] of this.pending.entries()) {
      const at = step - this.pending.length + i + 1;
      const [value, norm] = [await readScalar(result.loss), await readScalar(result.gradNorm)];
      if (!Number.isFinite(value) || !Number.isFinite(norm)) {
        throw failure(`the loss became ${value} (gradient norm ${norm}) at update ${at}; the last checkpoint is kept: resume from it, or start again with a lower --lr`);
      }
      [loss, gradNorm, count] = [loss + value, gradNorm + norm, count + 1];
    }
    this.drop();
    this.window = { loss, gradNorm, count };
    return this.window;
  }

  /** Frees what waits without looking at it. */
  drop(): void {
    dispose(this.pending);
    this.pending = [];
  }

  reset(): void {
    this.window = emptyWindow;
  }
}

/**
 * Runs updates until the total is reached: progress to stderr, a line of stats.jsonl every 20 updates, a commit every `commitEvery` updates and at the end.
 * SIGINT or SIGTERM commits and ends with code 130; a loss that is not finite ends with code 1 and commits nothing.
 */
export async function runWork(io: Io, work: Work, from: RunState | undefined, options: { readonly silent: boolean }): Promise<RunState> {
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const signals = catchSignals();
  try {
    return await loop(io, work, from, progress, signals);
  } finally {
    progress.end();
    signals.release();
  }
}

async function loop(io: Io, work: Work, from: RunState | undefined, progress: ReturnType<typeof startProgress>, signals: Signals): Promise<RunState> {
  const { totalSteps, batch } = work;
  const started = performance.now();
  const log = new LossLog(from?.window ?? emptyWindow);
  let window = from?.window ?? emptyWindow;
  const stateAt = (step: number): RunState => ({
    step,
    totalSteps,
    images: step * batch,
    seconds: Math.round((from?.seconds ?? 0) + (performance.now() - started) / 1000),
    counters: work.counters(),
    window,
  });
  try {
    for (let step = from?.step ?? 0; step < totalSteps; ) {
      log.add(work.step(step));
      step++;
      const commit = step % work.commitEvery === 0 || step === totalSteps || signals.asked !== undefined;
      if (commit || step % readEvery === 0) {
        window = await log.read(step);
        if (step % readEvery === 0 || step === totalSteps) {
          writeRecord(work, stateAt(step));
          log.reset();
        }
        const { phase } = work.facts(step - 1);
        progress.tick({ done: step * batch, total: totalSteps * batch, loss: window.loss / window.count, gradNorm: window.gradNorm / window.count, phase });
        if (step % readEvery === 0) window = emptyWindow;
      }
      if (commit) await work.commit(stateAt(step));
      if (signals.asked !== undefined && step < totalSteps) {
        throw interrupted(`stopped by ${signals.asked} after ${withCommas(step * batch)} images; the checkpoint is written, --resume goes on from it`);
      }
      // Updates are synchronous: without this turn of the event loop no signal would be seen.
      await nextTurn();
    }
    return stateAt(totalSteps);
  } finally {
    log.drop();
  }
}

function writeRecord(work: Work, state: RunState): void {
  const { loss, gradNorm, count } = state.window;
  logStats(work.run, { step: state.step, images: state.images, ...work.facts(state.step - 1), loss: loss / count, gradNorm: gradNorm / count, seconds: state.seconds });
}
