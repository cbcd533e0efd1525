import { type Command, Option } from 'commander';
import { startBackend } from '../backend.js';
import { type ComputeOptions, computeCommand } from '../common-options.js';
import { loadSet } from '../digits.js';
import { type Io, report } from '../io.js';
import { choosePreset, type TrainPreset, trainPresets } from '../presets.js';
import { positiveNumber, quantity, wholeNumber, withCommas } from '../quantity.js';
import { beginRun, modelPath, openRun, type RunConfig } from '../run-folder.js';
import { trainWork } from '../train-run.js';
import { runWork } from '../trainer.js';

type Options = ComputeOptions &
  Partial<Pick<TrainPreset, 'images' | 'batch' | 'seed' | 'prediction' | 'checkpointEvery'>> & {
    readonly preset: string;
    readonly out: string;
    readonly lr?: number;
    readonly resume?: boolean;
    readonly json?: boolean;
  };

export const trainCommand = (io: Io): Command =>
  computeCommand('train', 'Trains a diffusion model, the teacher.')
    .option('--preset <name>', `settings to start from: ${Object.keys(trainPresets).join(', ')}`, 'mnist-teacher')
    .requiredOption('--out <run>', 'folder of the run; its model/ is the teacher')
    .option('--images <n>', 'training images, counted with repetition', quantity)
    .option('--batch <n>', 'images of an update', quantity)
    .option('--seed <n>', 'seed of everything random', wholeNumber)
    .option('--lr <x>', 'highest learning rate', positiveNumber(1))
    .addOption(new Option('--prediction <what>', 'what the network outputs').choices(['x0', 'eps', 'v']))
    .option('--checkpoint-every <n>', 'images between two checkpoints', quantity)
    .option('--resume', 'go on from the last checkpoint of --out')
    .option('--json', 'print one JSON value at the end')
    .addHelpText('after', '\nExamples:\n  tract train --preset mnist-teacher --out runs/teacher\n  tract train --preset mnist-teacher --out runs/teacher --resume')
    .action((options: Options) => train(io, options));

/** The preset with what the command line changes. */
function settingsOf(options: Options): TrainPreset {
  const preset = choosePreset(trainPresets, options.preset);
  const { images, batch, seed, prediction, checkpointEvery, lr: learningRate } = options;
  const changes = { images, batch, seed, prediction, checkpointEvery, learningRate };
  return { ...preset, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

async function train(io: Io, options: Options): Promise<void> {
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
    report(io, options.json === true, value, [`${modelPath(options.out)}: teacher after ${withCommas(state.images)} images in ${state.seconds} s`]);
  } finally {
    work.dispose();
  }
}
