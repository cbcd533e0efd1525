import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { loadSet } from '../data-sets.js';
import { distillWork, setupOf } from '../distill-run.js';
import { usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { readTeacher } from '../known-teacher.js';
import { type DistillPreset, distillPresets, usualStudent } from '../presets.js';
import { withCommas } from '../quantity.js';
import { runConfig } from '../run-config.js';
import { beginRun, modelPath, openRun, type ResumeOptions, type RunState } from '../run-folder.js';
import { distillSchema } from '../settings/distill-schema.js';
import { resolveSettings, type SettingsOptions } from '../settings/resolve-settings.js';
import { type RunOptions, runWork } from '../trainer.js';
import { requireFit } from '../training-batch.js';
import { type DataOptions, trainingImages } from '../training-images.js';
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

export type Distillation = ComputeOptions &
  ResumeOptions &
  DataOptions &
  Pick<RunOptions, 'again' | 'samples'> & {
    readonly run: string;
    readonly settings: DistillPreset;
    readonly keep?: number;
  };

/** Distils from the start, or from the last checkpoint, into a run folder. Everything is checked before the first file is written. */
export async function runDistillation(io: Io, { run, settings, keep, again, samples, ...options }: Distillation): Promise<RunState> {
  const config = runConfig('distill', settings);
  const from = openRun(run, config, options, warnOn(io));
  const teacher = readTeacher(settings.teacher);
  try {
    setupOf(teacher, settings);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  const images = await loadSet(settings.data, options);
  requireFit(settings, images, teacher.network);
  await startBackend(io, options);
  const work = distillWork({ run, settings, teacher, from, keep });
  const batches = trainingImages(io, images, settings, from, options);
  try {
    beginRun(run, config, from);
    return await runWork(io, { work, batches, from: from?.state }, { silent: options.silent, again, samples });
  } finally {
    await batches.close();
    work.dispose();
  }
}

export async function distill(io: Io, options: DistillOptions): Promise<void> {
  const { out: run, json = false } = options;
  const settings = resolveSettings({ command: 'distill', schema: distillSchema, presets: distillPresets, usual: usualStudent }, options);
  if (options.dryRun) return dryRunDistillation(io, settings, json);
  const { images, seconds } = await runDistillation(io, { ...options, run, settings });
  const model = modelPath(run);
  report(io, json, { run, model, images, seconds }, [`${model}: student after ${withCommas(images)} images in ${seconds} s`]);
}
