import { Command, Option } from 'commander';
import type { TrainOptions } from '../actions/train.js';
import { examples, pathName, required, withComputing } from '../common-options.js';
import type { Io } from '../io.js';
import { presetHelp, trainPresets } from '../presets.js';
import { positiveNumber, quantity, wholeNumber } from '../quantity.js';

const describe = ({ prediction, network }: (typeof trainPresets)[string]): string =>
  `predicts ${prediction}, U-Net of ${network.channels} channels times ${network.channelMult.join(', ')}`;

export const trainCommand = (io: Io): Command =>
  withComputing(
    new Command('train')
      .description('Trains a diffusion model, the teacher. Ctrl-C keeps the work.')
      .addOption(required('--out <run>', 'new folder of the run; its model/ is the teacher', pathName))
      .option('--preset <name>', 'settings to start from, listed below', 'mnist-teacher')
      .option('--images <n>', 'training images, counted with repetition', quantity)
      .option('--batch <n>', 'images of an update', quantity)
      .option('--seed <n>', 'seed of everything random', wholeNumber)
      .option('--lr <x>', 'highest learning rate, above 0 and at most 1', positiveNumber(1))
      .addOption(new Option('--prediction <what>', 'what the network outputs').choices(['x0', 'eps', 'v']))
      .option('--checkpoint-every <n>', 'images between two checkpoints', quantity)
      .option('--resume', 'go on from the last checkpoint of --out')
      .option('--json', 'print one JSON value at the end'),
  )
    .addHelpText('after', presetHelp(trainPresets, describe))
    .addHelpText(
      'after',
      examples(
        'tract train --preset mnist-teacher --out runs/teacher',
        'tract train --preset mnist-tiny --images 5K --seed 1 --out runs/tiny',
      ),
    )
    .action(async (options: TrainOptions) => (await import('../actions/train.js')).train(io, options));
