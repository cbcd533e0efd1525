import type { ImageSet } from '@tract/data';
import { withCommas } from '@tract/report';
import type { DistillSettings } from '@tract/train';
import { distillTask, type RunState } from '@tract/train';
import { distillSchema } from '@tract/train/settings';
import { startBackend } from '../computing/backend.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { readTeacher } from '../models/known-teacher.js';
import type { StoredModel } from '../models/model-folder.js';
import { modelOutput } from '../models/model-output.js';
import type { ComputeOptions } from '../options/common-options.js';
import { openSet } from '../options/data-sets.js';
import { distillPresets, usualStudent } from '../presets/presets.js';
import { resolveSettings, type SettingsOptions, settingSources } from '../settings/resolve-settings.js';
import { modelPath, type ResumeOptions } from '../training/run-folder.js';
import { type RunOptions, trainRun } from '../training/train-run.js';
import { type DataOptions, readingOf } from '../training/training-data.js';
import { dryRunDistillation } from './dry-run.js';

export type DistillOptions = ComputeOptions &
  ResumeOptions &
  DataOptions &
  SettingsOptions & {
    readonly out: string;
    readonly keep?: number;
    readonly samples?: number;
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

export type Distillation = ComputeOptions & DataOptions & RunOptions & { readonly settings: DistillSettings };

/** Distil from the start, or from the last checkpoint, into a run folder. Everything is checked before the first file is written. */
export async function runDistillation(io: Io, options: Distillation): Promise<RunState> {
  const { run, settings } = options;
  return trainRun(io, taskOf(io, options, readTeacher(settings.teacher)), { ...options, run });
}

function taskOf(io: Io, options: Distillation, teacher: StoredModel): ReturnType<typeof distillTask> {
  const { run, settings } = options;
  const images = async (): Promise<ImageSet> => {
    const set = await openSet(settings.data, options);
    await startBackend(io, options);
    return set;
  };
  try {
    return distillTask(settings, teacher, { images, reading: readingOf(io, options), ...modelOutput(run, settings.data) });
  } catch (error) {
    throw usageError((error as Error).message);
  }
}

export async function distill(io: Io, options: DistillOptions): Promise<void> {
  const { out: run, json = false } = options;
  const of = { command: 'distill', schema: distillSchema, presets: distillPresets, usual: usualStudent } as const;
  const settings = resolveSettings(of, options);
  if (options.dryRun) return dryRunDistillation(io, settings, settingSources(of, options), json);
  const { images, seconds } = await runDistillation(io, { ...options, run, settings });
  const model = modelPath(run);
  report(io, json, { run, model, images, seconds }, [`${model}: student after ${withCommas(images)} images in ${seconds} s`]);
}
