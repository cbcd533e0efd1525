import { existsSync } from 'node:fs';
import { resolve as absolute, basename, join } from 'node:path';
import { changedSettings, checkpointPath, type OpenOptions, type RunConfig, type RunStore } from '@tract/train';
import { folderStore } from '@tract/train/node';
import { upgradeRun } from '@tract/train/settings';
import { usageError } from '../errors.js';

export const modelPath = (run: string): string => join(run, 'model');

/** Checkpoints that are kept where nothing else is asked for: the last one, and one to fall back on. */
export const keptCheckpoints = 2;

/** The store of a run, which also reads what older versions of the command line wrote. */
export const storeOf = (run: string): RunStore => folderStore(run, { upgrade: upgradeRun });

/** Options of going on with a run. */
export type ResumeOptions = {
  /** true: from the last checkpoint; `latest`: the same, or a start where there is no run, and nothing where it is finished; else a checkpoint's path. */
  readonly resume?: boolean | string;
  /** Allow settings to differ from those that the checkpoint was made with. */
  readonly override?: boolean;
};

/** Translate --resume. @throws CliError (usage) where there is no such checkpoint, RunDamaged */
export async function resumeFrom(store: RunStore, { resume = false }: ResumeOptions): Promise<OpenOptions['resume']> {
  if (typeof resume === 'boolean') return resume ? 'yes' : 'no';
  if (resume === 'latest') return 'auto';
  if (!existsSync(resume) || !/^step-\d+$/.test(basename(resume)))
    throw usageError(`--resume ${resume}: there is no such checkpoint; expected latest, or a folder RUN/checkpoints/step-N`);
  const step = Number(/^step-(\d+)$/.exec(basename(resume))?.[1]);
  const isOwn = absolute(resume) === absolute(store.name, checkpointPath(step));
  return (isOwn ? store : storeOf(join(resume, '../..'))).checkpoint(step);
}

/** Find out if there is a run, and if it came to its end. @throws RunError (settings) when it was started with other settings. */
export async function findRun(
  store: RunStore,
  config: RunConfig,
  onWarning: (sentence: string) => void,
): Promise<'none' | 'unfinished' | 'finished'> {
  const found = await store.config();
  if (!found) return 'none';
  changedSettings(store.name, found, config, {});
  const checkpoint = await store.latest(onWarning);
  return checkpoint && checkpoint.state.step >= checkpoint.state.totalSteps ? 'finished' : 'unfinished';
}
