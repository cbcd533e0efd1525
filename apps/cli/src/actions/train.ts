import { checkDiffusionModel } from '@tract/model';
import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { loadSet } from '../data-sets.js';
import { usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { type TrainPreset, trainPresets, usualTeacher } from '../presets.js';
import { withCommas } from '../quantity.js';
import { runConfig } from '../run-config.js';
import { beginRun, modelPath, openRun, type ResumeOptions } from '../run-folder.js';
import { resolveSettings, type SettingsOptions } from '../settings/resolve-settings.js';
import { trainSchema } from '../settings/train-schema.js';
import { teacherSetupOf, trainWork } from '../train-run.js';
import { runWork } from '../trainer.js';
import { requireFit } from '../training-batch.js';
import { type DataOptions, trainingImages } from '../training-images.js';
import { dryRunTraining } from './dry-run.js';

export type TrainOptions = ComputeOptions &
  ResumeOptions &
  DataOptions &
  SettingsOptions & {
    readonly out: string;
    readonly keep?: number;
    readonly samples?: number;
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

/** @throws CliError (usage) when the settings do not go together. */
function settingsOf(options: TrainOptions): TrainPreset {
  const settings = resolveSettings({ command: 'train', schema: trainSchema, presets: trainPresets, usual: usualTeacher }, options);
  try {
    checkDiffusionModel(settings);
    teacherSetupOf(settings);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  return settings;
}

/** Trains from the start, or from the last checkpoint with --resume. */
export async function train(io: Io, options: TrainOptions): Promise<void> {
  const settings = settingsOf(options);
  if (options.dryRun) return dryRunTraining(io, settings, options.json === true);
  const config = runConfig('train', settings);
  const from = openRun(options.out, config, options, warnOn(io));
  const images = await loadSet(settings.data, options);
  requireFit(settings, images, settings.network);
  await startBackend(io, options);
  const work = trainWork({ run: options.out, settings, from, keep: options.keep });
  const batches = trainingImages(io, images, settings, from, options);
  try {
    beginRun(options.out, config, from);
    const state = await runWork(io, { work, batches, from: from?.state }, { silent: options.silent === true, samples: options.samples });
    const value = { run: options.out, model: modelPath(options.out), images: state.images, seconds: state.seconds };
    report(io, options.json === true, value, [
      `${modelPath(options.out)}: teacher after ${withCommas(state.images)} images in ${state.seconds} s`,
    ]);
  } finally {
    await batches.close();
    work.dispose();
  }
}
