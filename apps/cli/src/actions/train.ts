import { withAveraging } from '../averaging.js';
import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { loadSet } from '../data-sets.js';
import { checkDiffusionModel } from '../diffusion-model.js';
import { usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import type { NetworkConfig } from '../network.js';
import { present } from '../present.js';
import { choosePreset, type TrainPreset, trainPresets } from '../presets.js';
import { withCommas } from '../quantity.js';
import { runConfig } from '../run-config.js';
import { beginRun, modelPath, openRun, type ResumeOptions } from '../run-folder.js';
import { teacherSetupOf, trainWork } from '../train-run.js';
import { runWork } from '../trainer.js';
import { requireFit, requireParts } from '../training-batch.js';
import { type DataOptions, trainingImages } from '../training-images.js';
import { dryRunTraining } from './dry-run.js';

export type TrainOptions = ComputeOptions &
  ResumeOptions &
  DataOptions &
  Partial<Omit<TrainPreset, 'learningRate' | 'rampImages'>> & {
    readonly preset: string;
    readonly out: string;
    readonly lr?: number;
    readonly lrRamp?: number;
    readonly dropout?: number;
    readonly keep?: number;
    readonly samples?: number;
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

/** The preset with what the command line changes. @throws CliError (usage) when both do not go together. */
function settingsOf(options: TrainOptions): TrainPreset {
  const preset = withAveraging(choosePreset(trainPresets, options.preset), options);
  const { images, batch, accumulate, seed, prediction, checkpointEvery, lr: learningRate, lrRamp: rampImages } = options;
  const { timesteps, decay, clipNorm, lossWeight, augment, emaRampUp, data, flip } = options;
  const given = {
    images,
    batch,
    accumulate,
    seed,
    prediction,
    checkpointEvery,
    learningRate,
    rampImages,
    timesteps,
    decay,
    clipNorm,
    lossWeight,
    augment,
    emaRampUp,
    data,
    flip,
  };
  const settings: TrainPreset = { ...preset, network: networkFor(preset.network, options), ...present(given) };
  if (settings.emaRampUp !== undefined && settings.emaHalfLife === undefined)
    throw usageError('--ema-ramp-up goes with --ema-half-life; give that too');
  requireParts(settings);
  try {
    checkDiffusionModel(settings);
    teacherSetupOf(settings);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  return settings;
}

/** A network puts out two images where it predicts two. @throws CliError (usage) for dropout in a network that has none. */
function networkFor(network: NetworkConfig, { prediction, dropout }: TrainOptions): NetworkConfig {
  const outputs = prediction === undefined ? {} : { outputs: prediction === 'x0+eps' ? 2 : 1 };
  if (dropout === undefined) return { ...network, ...outputs };
  if (network.kind === undefined) throw usageError("--dropout is for EDM's networks, this preset's has none; choose another preset");
  return { ...network, ...outputs, dropout };
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
