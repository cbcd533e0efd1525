import { withCommas } from '@tract/report';
import type { Tensor, Tree } from '@tract/tensor';
import { allTogether, RunError, type RunState, type TrainTask, train } from '@tract/train';
import { catchSignals, openRunView, type RunView, tellSupervisor } from '@tract/train/node';
import { computingWords, startedBackend } from '../computing/backend.js';
import { deviceFailure } from '../computing/device-failure.js';
import { type RankOptions, ranksLine, ranksOf } from '../computing/ranks.js';
import { CliError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { exitCodeOf } from '../library-errors.js';
import type { ComputeOptions } from '../options/common-options.js';
import { shortCount } from '../options/quantity.js';
import { startProgress } from '../output/progress.js';
import type { SettingsOptions } from '../settings/resolve-settings.js';
import { keptCheckpoints, modelPath, type ResumeOptions, resumeFrom, storeOf } from './run-folder.js';
import type { DataOptions } from './training-data.js';

export type RunOptions = ResumeOptions &
  RankOptions & {
    readonly run: string;
    readonly silent?: boolean;
    /** Checkpoints that are kept. */
    readonly keep?: number;
    /** Images that are drawn at each commit, see `RunView`. */
    readonly samples?: number;
    /** Way to go on after an interruption: the end of a sentence. Default: by --resume. */
    readonly again?: string;
  };

/** Options of both commands that train. */
export type TrainingOptions = ComputeOptions &
  Omit<RunOptions, 'run' | 'again'> &
  DataOptions &
  SettingsOptions & { readonly out: string; readonly dryRun?: boolean; readonly json?: boolean };

/** Train in a run folder: progress to stderr, what `RunView` shows beside the log, and signals that commit and stop. */
export async function trainRun<B, P extends Tree<Tensor>>(io: Io, task: TrainTask<B, P>, options: RunOptions): Promise<RunState> {
  const { run, override, samples, again, silent, keep = keptCheckpoints } = options;
  const store = storeOf(run);
  const ranks = ranksOf(options);
  const { signal, saveAsked, release } = catchSignals({ ranks: (ranks?.collective.size ?? 1) > 1 });
  const isFirst = (ranks?.collective.rank ?? 0) === 0;
  if (ranks && !silent) io.err(`${ranksLine(ranks)}\n`);
  const progress = startProgress(io, { unit: 'images', silent: silent || !isFirst });
  const { batch, totalSteps } = task;
  let view: RunView | undefined;
  try {
    return await train(task, store, {
      ...{
        resume: await allTogether(ranks, () => (isFirst ? resumeFrom(store, options) : 'auto')),
        override,
        keep,
        signal,
        saveAsked,
        ranks,
      },
      onWarning: isFirst ? warnOn(io) : undefined,
      computing: () => {
        const backend = startedBackend();
        return backend && computingWords(backend);
      },
      extra: () => ({ rssBytes: process.memoryUsage.rss() }),
      onBegin: (from) => {
        tellSupervisor();
        const { name: _, ...computing } = startedBackend() ?? {};
        if (isFirst) view = openRunView({ run, imagesBetween: Math.min(task.commitEvery, totalSteps) * batch, from, samples, computing });
      },
      onLine: (line) => view?.line(line),
      onProgress: ({ images, loss, gradNorm, dataWait, metrics: { phase } }) =>
        progress.tick({
          ...{ done: images, total: totalSteps * batch, loss, gradNorm, dataWait, rssBytes: process.memoryUsage.rss() },
          ...(phase !== undefined && { phase: String(phase) }),
        }),
      onCommit: (state) => view?.committed(state, () => signal.aborted),
    });
  } catch (error) {
    if (again !== undefined && error instanceof RunError && error.kind === 'interrupted')
      throw new CliError(`${error.problem}; ${again}`, exitCodeOf(error));
    throw deviceFailure(error, {
      lost: `what was done since the last checkpoint is lost too, ${again ?? '--resume goes on from it'}`,
      full: 'a batch in parts takes less: --accumulate 2 or more',
    });
  } finally {
    progress.end();
    release();
  }
}

/** Print what a training has come to, and to a person how it goes on if its `images` alone can be more. */
export function reportRun(
  io: Io,
  { out: run, json }: TrainingOptions,
  { images, seconds }: RunState,
  what: string,
  canGoOn: boolean,
): void {
  const model = modelPath(run);
  report(io, json === true, { run, model, images, seconds }, [
    `${model}: ${what} after ${withCommas(images)} images in ${seconds} s`,
    ...(canGoOn ? [`to train it longer, give the command again with --resume --override --images ${shortCount(2 * images)}`] : []),
  ]);
}
