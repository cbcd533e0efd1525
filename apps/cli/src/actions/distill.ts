import { type DistillSettings, distillTask, type RunState } from '@tract/train';
import { distillSchema } from '@tract/train/settings';
import { asUsage } from '../errors.js';
import type { Io } from '../io.js';
import { readTeacher } from '../models/known-teacher.js';
import { modelOutput } from '../models/model-output.js';
import type { ComputeOptions } from '../options/common-options.js';
import { distillPresets, usualStudent } from '../presets/presets.js';
import { resolveSettings, settingSources } from '../settings/resolve-settings.js';
import { type RunOptions, reportRun, type TrainingOptions, trainRun } from '../training/train-run.js';
import { type DataOptions, imagesOf } from '../training/training-data.js';
import { dryRunDistillation } from './dry-run.js';

export type Distillation = ComputeOptions & DataOptions & RunOptions & { readonly settings: DistillSettings };

/** Distil from the start, or from the last checkpoint, into a run folder. Everything is checked before the first file is written. */
export async function runDistillation(io: Io, options: Distillation): Promise<RunState> {
  const { run, settings } = options;
  const teacher = readTeacher(settings.teacher);
  const outputs = { ...imagesOf(io, settings.data, options), ...modelOutput(run, settings.data) };
  return trainRun(
    io,
    asUsage(() => distillTask(settings, teacher, outputs)),
    options,
  );
}

export async function distill(io: Io, options: TrainingOptions): Promise<void> {
  const { out: run } = options;
  const of = { command: 'distill', schema: distillSchema, presets: distillPresets, usual: usualStudent } as const;
  const settings = resolveSettings(of, options);
  if (options.dryRun) return dryRunDistillation(io, settings, settingSources(of, options), options);
  const state = await runDistillation(io, { ...options, run, settings });
  // More images would move the borders of several phases.
  reportRun(io, options, state, 'student', settings.schedule.length === 2);
}
