import { checkDiffusionModel } from '@tract/model';
import { withCommas } from '@tract/report';
import type { TeacherSettings } from '@tract/train';
import { teacherSetupOf, teacherTask } from '@tract/train';
import { teacherSchema } from '@tract/train/settings';
import { startBackend } from '../computing/backend.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { modelOutput } from '../models/model-output.js';
import type { ComputeOptions } from '../options/common-options.js';
import { openSet } from '../options/data-sets.js';
import { trainPresets, usualTeacher } from '../presets/presets.js';
import { resolveSettings, type SettingsOptions, settingSources } from '../settings/resolve-settings.js';
import { modelPath, type ResumeOptions } from '../training/run-folder.js';
import { trainRun } from '../training/train-run.js';
import { type DataOptions, readingOf } from '../training/training-data.js';
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

const trainSettings = { command: 'train', schema: teacherSchema, presets: trainPresets, usual: usualTeacher } as const;

/** @throws CliError (usage) when the settings do not go together. */
function settingsOf(options: TrainOptions): TeacherSettings {
  const settings = resolveSettings(trainSettings, options);
  try {
    checkDiffusionModel(settings);
    teacherSetupOf(settings);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  return settings;
}

/** Train from the start, or from the last checkpoint with --resume. */
export async function train(io: Io, options: TrainOptions): Promise<void> {
  const { out: run, json = false } = options;
  const settings = settingsOf(options);
  if (options.dryRun) return dryRunTraining(io, settings, settingSources(trainSettings, options), json);
  const task = teacherTask(settings, {
    images: async () => {
      const images = await openSet(settings.data, options);
      await startBackend(io, options);
      return images;
    },
    reading: readingOf(io, options),
    ...modelOutput(run, settings.data),
  });
  const { images, seconds } = await trainRun(io, task, { ...options, run });
  const model = modelPath(run);
  report(io, json, { run, model, images, seconds }, [`${model}: teacher after ${withCommas(images)} images in ${seconds} s`]);
}
