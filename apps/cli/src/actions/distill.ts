import { withAveraging } from '../averaging.js';
import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { loadSet } from '../data-sets.js';
import { distillWork, setupOf } from '../distill-run.js';
import { usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { readTeacher } from '../known-teacher.js';
import { present } from '../present.js';
import { choosePreset, type DistillPreset, distillPresets } from '../presets.js';
import { withCommas } from '../quantity.js';
import { runConfig } from '../run-config.js';
import { beginRun, modelPath, openRun, type ResumeOptions, type RunState } from '../run-folder.js';
import { type RunOptions, runWork } from '../trainer.js';
import { requireFit, requireParts } from '../training-batch.js';
import { type DataOptions, trainingImages } from '../training-images.js';
import { dryRunDistillation } from './dry-run.js';

export type DistillOptions = ComputeOptions &
  ResumeOptions &
  DataOptions &
  Partial<Omit<DistillPreset, 'learningRate'>> & {
    readonly preset: string;
    readonly out: string;
    readonly lr?: number;
    readonly keep?: number;
    readonly samples?: number;
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

/** The preset with what the command line changes. */
function settingsOf(options: DistillOptions): DistillPreset {
  const named = choosePreset(distillPresets, options.preset);
  // The preset's weights belong to the preset's schedule.
  const preset = options.schedule === undefined ? named : { ...named, phaseWeights: undefined };
  const { teacher, method, teacherStep, schedule, phaseWeights, images, batch, accumulate, seed, lr: learningRate, decay } = options;
  const { lossWeight, huberWidth, clip, clipNorm, clipStudent, selfEma, restart, checkpointEvery, data, flip } = options;
  const training = { teacher, method, teacherStep, schedule, phaseWeights, images, batch, accumulate, seed, learningRate, decay };
  const changes = { ...training, lossWeight, huberWidth, clip, clipNorm, clipStudent, selfEma, restart, checkpointEvery, data, flip };
  const settings: DistillPreset = { ...(present(withAveraging(preset, options)) as DistillPreset), ...present(changes) };
  requireWeightsOfPhases(settings);
  requireParts(settings);
  return settings;
}

/** @throws CliError (usage) */
function requireWeightsOfPhases({ schedule, phaseWeights }: DistillPreset): void {
  const phases = schedule.length - 1;
  if (phaseWeights === undefined || phaseWeights.length === phases) return;
  throw usageError(
    `--phase-weights ${phaseWeights} must give one number for each phase, but ${schedule} has ${phases} phase${phases === 1 ? '' : 's'}`,
  );
}

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
  const settings = settingsOf(options);
  if (options.dryRun) return dryRunDistillation(io, settings, json);
  const { images, seconds } = await runDistillation(io, { ...options, run, settings });
  const model = modelPath(run);
  report(io, json, { run, model, images, seconds }, [`${model}: student after ${withCommas(images)} images in ${seconds} s`]);
}
