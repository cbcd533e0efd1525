import { predictions } from '@tract/distill';
import { lossWeightNames } from '@tract/schedules/training';
import { Command, Option } from 'commander';
import type { Io } from '../io.js';
import { examples, pathName, required, withComputing } from '../options/common-options.js';
import { numberUpTo, positiveNumber, quantity } from '../options/quantity.js';
import { preset, settingsHeading, supervised, withTraining } from '../options/training-options.js';
import { presetHelp, trainPresets, usualTeacher } from '../presets/presets.js';
import type { TrainingOptions } from '../training/train-run.js';

const describe = ({ preconditioning, prediction, network }: (typeof trainPresets)[string]): string =>
  `${preconditioning ? 'EDM' : `predicts ${prediction}`}, ${network.channels} channels${'channelMult' in network ? ` times ${network.channelMult.join(', ')}` : ''}`;

export const trainCommand = (io: Io): Command =>
  withComputing(
    withTraining(
      new Command('train')
        .addOption(required('--out <run>', 'new folder of the run; its model/ is the teacher', pathName))
        .addOption(preset(usualTeacher, trainPresets))
        .optionsGroup(settingsHeading)
        .addOption(new Option('--prediction <what>', 'what the network outputs').choices(predictions))
        .option('--timesteps <n>', 'discrete times, so many; without it they are continuous', quantity)
        .option('--lr-ramp <n>', 'images over which the learning rate rises from 0', quantity)
        .addOption(new Option('--decay <name>', 'how it goes from there').choices(['constant', 'cosine']))
        .option('--ema-ramp-up <x>', 'with a half-life: it is at most this share of the images seen', positiveNumber(1))
        .option('--augment <p>', "probability of each of EDM's augmentations", numberUpTo(1)),
      async () => (await import('@tract/train/settings')).teacherSchema,
      lossWeightNames,
    ),
  )
    .addHelpText('after', presetHelp(trainPresets, describe))
    .addHelpText(
      'after',
      examples(
        'tract train --preset mnist-teacher --out runs/teacher',
        'tract train --preset mnist-tiny --images 5K --seed 1 --out runs/tiny',
        'tract train --config big.yaml --set network.channels=64 --out runs/big',
        'tract train --preset cifar10-edm-teacher --dry-run',
      ),
    )
    .action(supervised(io, async (options: TrainingOptions) => (await import('../actions/train.js')).train(io, options)));
