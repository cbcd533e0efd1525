import { checkDiffusionModel } from '@tract/model';
import { type TeacherSettings, teacherSetupOf, teacherTask } from '@tract/train';
import { teacherSchema } from '@tract/train/settings';
import { asUsage } from '../errors.js';
import type { Io } from '../io.js';
import { modelOutput } from '../models/model-output.js';
import { trainPresets, usualTeacher } from '../presets/presets.js';
import { resolveSettings, settingSources } from '../settings/resolve-settings.js';
import { reportRun, type TrainingOptions, trainRun } from '../training/train-run.js';
import { imagesOf } from '../training/training-data.js';
import { dryRunTraining } from './dry-run.js';

const trainSettings = { command: 'train', schema: teacherSchema, presets: trainPresets, usual: usualTeacher } as const;

/** @throws CliError (usage) when the settings do not go together. */
function settingsOf(options: TrainingOptions): TeacherSettings {
  const settings = resolveSettings(trainSettings, options);
  return asUsage(() => {
    checkDiffusionModel(settings);
    teacherSetupOf(settings);
    return settings;
  });
}

/** Train from the start, or from the last checkpoint with --resume. */
export async function train(io: Io, options: TrainingOptions): Promise<void> {
  const { out: run } = options;
  const settings = settingsOf(options);
  if (options.dryRun) return dryRunTraining(io, settings, settingSources(trainSettings, options), options);
  const { data } = settings;
  const task = teacherTask(settings, { ...imagesOf(io, data, options), ...modelOutput(run, data) });
  reportRun(io, options, await trainRun(io, task, { ...options, run }), 'teacher', true);
}
