import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { loadSet } from '../digits.js';
import { type Io, report } from '../io.js';
import { choosePreset, type TrainPreset, trainPresets } from '../presets.js';
import { withCommas } from '../quantity.js';
import { beginRun, modelPath, openRun, type RunConfig } from '../run-folder.js';
import { trainWork } from '../train-run.js';
import { runWork } from '../trainer.js';

export type TrainOptions = ComputeOptions &
  Partial<Pick<TrainPreset, 'images' | 'batch' | 'seed' | 'prediction' | 'checkpointEvery'>> & {
    readonly preset: string;
    readonly out: string;
    readonly lr?: number;
    readonly resume?: boolean;
    readonly json?: boolean;
  };

/** The preset with what the command line changes. */
function settingsOf(options: TrainOptions): TrainPreset {
  const preset = choosePreset(trainPresets, options.preset);
  const { images, batch, seed, prediction, checkpointEvery, lr: learningRate } = options;
  const changes = { images, batch, seed, prediction, checkpointEvery, learningRate };
  return { ...preset, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** Trains from the start, or from the last checkpoint with --resume. */
export async function train(io: Io, options: TrainOptions): Promise<void> {
  const settings = settingsOf(options);
  const config: RunConfig = { format: 'tract-run', version: 1, command: 'train', settings };
  const from = openRun(options.out, options.resume === true, config);
  const images = await loadSet(`${settings.data}:train`);
  await startBackend(io, options);
  beginRun(options.out, config, from);
  const work = trainWork({ run: options.out, settings, images, from });
  try {
    const state = await runWork(io, work, from?.state, { silent: options.silent === true });
    const value = { run: options.out, model: modelPath(options.out), images: state.images, seconds: state.seconds };
    report(io, options.json === true, value, [
      `${modelPath(options.out)}: teacher after ${withCommas(state.images)} images in ${state.seconds} s`,
    ]);
  } finally {
    work.dispose();
  }
}
